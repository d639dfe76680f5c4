const seeds = [0x9e3779b1, 0x85ebca6b] as const;
const multipliers = [0x01000193, 0x5bd1e995] as const;
const highBits = 21;
const twoTo32 = 2 ** 32;

/**
 * A number from 0 to 2^53 - 1 for a text: the same for the same text, on every machine and in every version, since it
 * lies on disk. Fast, and no protection against someone who looks for texts with the same number.
 */
export function textHash(text: string): number {
  let low: number = seeds[0];
  let high: number = seeds[1];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, multipliers[0]);
    high = Math.imul(high ^ unit, multipliers[1]);
    high ^= high >>> 15;
  }
  low = finish(low ^ high);
  high = finish(high ^ low);
  return (high >>> (32 - highBits)) * twoTo32 + (low >>> 0);
}

/** Lets every bit depend on all others. */
function finish(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  return twice ^ (twice >>> 16);
}
