import type { Random } from '../support/random.js';

/** Any bytes, at most so many. */
export function anyBytes(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most + 1) }, () => random.below(256)));
}

/** Bytes with a few changes: bits flipped, parts cut out, doubled, replaced, the end cut off. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let times = 1 + random.below(4); times > 0; times--) result = Buffer.from(changed(random, result));
  return result;
}

function changed(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.below(16));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, part, part, after]);
    case 2:
      return Buffer.concat([before, anyBytes(random, 16), after]);
    case 3:
      return Buffer.from(before);
    default: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
  }
}

/** Text of characters that mean something to somebody, and of some that should not. */
export function anyText(random: Random, most: number): string {
  const alphabet = 'ab01.,=!~"\'`|/\\[]{}()<>*+?^$_-:;#@% \t\n\r\u0000\u00e9\u2028\u{1f980}\ud800';
  const letters = [...alphabet];
  return Array.from({ length: random.below(most + 1) }, () => random.pick(letters)).join('');
}
