/**
 * Files of a store with flipped bits and torn pages: opening one works, or fails with a clear error; LMDB may stumble over
 * it in a child of the store's own, but never in the process that opens it.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLmdbStore } from '../../src/store/index.js';
import type { Random } from '../support/random.js';
import { run } from '../support/run.js';
import { pageTables, records, texts } from './page-tables.js';
import type { Fuzzed, FuzzTarget } from './target.js';

const program = fileURLToPath(new URL('./open-store.js', import.meta.url));
const pageSize = 4096;

/** The target. */
export const pages: FuzzTarget = {
  name: 'pages',
  attempts: 10,
  async open(directory) {
    const store = await openLmdbStore({ path: directory, tables: pageTables });
    for (let id = 0; id < records; id++) await store.write((tx) => tx.put(texts, ['k', id], `${id} `.repeat(id % 300)));
    await store.write((tx) => {
      for (let id = 0; id < records; id += 3) tx.remove(texts, ['k', id]);
    });
    await store.close();
    const sound = await readFile(path.join(directory, 'data.mdb'));
    return new Pages(path.join(directory, 'damaged'), sound);
  },
};

class Pages implements Fuzzed {
  readonly #directory: string;
  readonly #sound: Buffer;

  constructor(directory: string, sound: Buffer) {
    this.#directory = directory;
    this.#sound = sound;
  }

  async attempt(random: Random): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    await writeFile(path.join(this.#directory, 'data.mdb'), this.#damaged(random));
    // What an owner leaves behind that did not close the store; without it nobody expects damage.
    await writeFile(path.join(this.#directory, 'in-use'), '');
    const { status, signal, stdout, stderr } = await run(process.execPath, [program, this.#directory]);
    assert.equal(signal, undefined, `it was ended by ${signal}\n${stderr}`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^(?:works|refused|lost)/);
  }

  #damaged(random: Random): Buffer {
    const bytes = Buffer.from(this.#sound);
    const used = bytes.length;
    switch (random.below(4)) {
      case 0: {
        const at = pageSize * random.below(used / pageSize);
        return Buffer.from(bytes.fill(0, at, at + pageSize));
      }
      case 1: {
        const [from, to] = [random.below(used / pageSize), random.below(used / pageSize)].map(
          (page) => page * pageSize,
        );
        bytes.copy(bytes, to ?? 0, from, (from ?? 0) + pageSize);
        return bytes;
      }
      default:
        for (let flips = 1 + random.below(6); flips > 0; flips--) {
          // Where most of what LMDB goes by is: the heads of pages.
          const page = random.below(used / pageSize) * pageSize;
          const at = page + random.below(random.chance(0.6) ? 64 : pageSize);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        }
        return bytes;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
