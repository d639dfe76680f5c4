/** Archives: damaged ones are read or refused, and nothing depends on how their bytes are cut into pieces. */
import assert from 'node:assert/strict';
import { type TarEntry, TarReader } from '../../src/images/index.js';
import { InvalidArgumentError, ResourceExhaustedError } from '../../src/index.js';
import { entryBytes, type MadeEntry, makeTar, paxEntry } from '../support/make-tar.js';
import type { Random } from '../support/random.js';
import { anyBytes, damaged } from './bytes.js';
import type { Fuzzed, FuzzTarget } from './target.js';

const limits = { entries: 3, bytes: 3000 };

const types = ['0', '0', '0', '\0', '1', '2', '3', '4', '5', '6', '7', 'S', 'M'] as const;
const names = ['a', 'a/b', './', '/', '..', '', 'a/../../b', '.wh.a', 'a/.wh..wh..opq', '\u00ff'] as const;
const keys = ['path', 'linkpath', 'size', 'uid', 'mtime', 'SCHILY.xattr.user.a', 'comment'] as const;
const sparse = [
  { 'GNU.sparse.size': '2000', 'GNU.sparse.map': '0,3,1000,2' },
  { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '2000', 'GNU.sparse.name': 's' },
] as const;
const values = ['', '0', '7', '1.5', '-1.5', 'a/b', '99999999999999999999', 'x'] as const;

/** The target. */
export const archives: FuzzTarget = {
  name: 'archives',
  attempts: 3000,
  open: async () => ({ attempt, [Symbol.asyncDispose]: async () => {} }) satisfies Fuzzed,
};

async function attempt(random: Random): Promise<void> {
  const sound = anyArchive(random);
  const archive = random.chance(0.8) ? damaged(random, sound) : sound;
  const whole = outcome(archive, archive.length);
  const cut = outcome(archive, 1 + random.below(1500));
  assert.deepEqual(cut, whole, archive.toString('base64'));
}

function anyArchive(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(4) }, () => anyPart(random));
  return Buffer.concat([...parts, random.chance(0.7) ? makeTar([]) : anyBytes(random, 600)]);
}

function anyPart(random: Random): Buffer {
  switch (random.below(6)) {
    case 0:
      return paxEntry('g', anyRecords(random));
    case 1:
      return entryBytes({ name: 'x', type: random.pick(['L', 'K']), content: anyBytes(random, 300) });
    default:
      return entryBytes(anyEntry(random));
  }
}

function anyEntry(random: Random): MadeEntry {
  const pax = random.chance(0.2) ? random.pick(sparse) : anyRecords(random);
  const content = random.chance(0.1) ? `1\n0\n3\n${'\0'.repeat(506)}abc` : anyBytes(random, 1200);
  return {
    name: random.pick(names),
    type: random.pick(types),
    content,
    link: random.pick(names),
    magic: random.pick(['ustar\u000000', 'ustar  \0', '\0'.repeat(8)]),
    ...(random.chance(0.5) ? { pax } : {}),
    ...(random.chance(0.1) ? { patches: [[random.below(500), anyBytes(random, 12)] as const] } : {}),
  };
}

function anyRecords(random: Random): Record<string, string> {
  return { [random.pick(keys)]: random.pick(values) };
}

interface Outcome {
  readonly entries: readonly TarEntry[];
  /** The content of all files, with where it lies. */
  readonly content: readonly (readonly [number, string])[];
  readonly failure: string | undefined;
}

/** What is read of an archive, and how that ends. */
function outcome(archive: Buffer, piece: number): Outcome {
  const entries: TarEntry[] = [];
  const content = new Map<number, string>();
  let open = false;
  const reader = new TarReader(
    {
      entry: (entry) => {
        assert.ok(!open);
        open = true;
        entries.push(entry);
      },
      content: (bytes, offset) => {
        const { size } = entries.at(-1) ?? { size: 0 };
        assert.ok(open && offset >= 0 && offset + bytes.length <= size);
        for (const [index, byte] of bytes.entries()) content.set(entries.length * 1e6 + offset + index, `${byte}`);
      },
      end: () => {
        assert.ok(open);
        open = false;
      },
    },
    limits,
  );
  try {
    for (let at = 0; at < archive.length; at += piece) reader.write(archive.subarray(at, at + piece));
    reader.end();
    assert.ok(!open);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof ResourceExhaustedError)) throw error;
    return { entries, content: [...content], failure: error.message };
  }
  return { entries, content: [...content], failure: undefined };
}
