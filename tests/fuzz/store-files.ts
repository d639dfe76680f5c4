/** Files of a store with flipped bits and torn pages: opening one works, or fails with a clear error, and never crashes. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalSnapshotter } from '../../src/snapshots/index.js';
import { MemoryDriver } from '../support/memory-driver.js';
import type { Random } from '../support/random.js';
import { run } from '../support/run.js';
import { openStoreAt } from '../support/store.js';
import type { Fuzzed, FuzzTarget } from './target.js';

const program = fileURLToPath(new URL('./open-store.js', import.meta.url));
const pageSize = 1024;
const snapshots = 120;

/** The database and its log, as they lie when a process is killed. */
interface StoreFiles {
  readonly database: Buffer;
  readonly log: Buffer;
}

/** The target. */
export const storeFiles: FuzzTarget = {
  name: 'store-files',
  attempts: 10,
  async open(directory) {
    const at = path.join(directory, 'sound');
    await fill(at);
    const store = await openStoreAt(at);
    const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver() });
    for (let index = 0; index < snapshots; index += 3) await snapshotter.remove(`k${index}`);
    const sound = { database: await readFile(store.file), log: await readFile(`${store.file}-wal`) };
    await store.close();
    return new Damaged(path.join(directory, 'damaged'), path.basename(store.file), sound);
  },
};

async function fill(directory: string): Promise<void> {
  await using store = await openStoreAt(directory);
  const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver() });
  for (let index = 0; index < snapshots; index++) {
    const labels = new Map([['a', `${index} `.repeat(1 + (index % 300))]]);
    await snapshotter.prepare({ key: `k${index}`, labels });
  }
}

class Damaged implements Fuzzed {
  readonly #directory: string;
  readonly #name: string;
  readonly #sound: StoreFiles;

  constructor(directory: string, name: string, sound: StoreFiles) {
    this.#directory = directory;
    this.#name = name;
    this.#sound = sound;
  }

  async attempt(random: Random): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await mkdir(this.#directory, { recursive: true });
    const { database, log } = this.#sound;
    const inLog = random.chance(0.3);
    const file = path.join(this.#directory, this.#name);
    await writeFile(file, inLog ? database : damaged(database, random), { mode: 0o600 });
    await writeFile(`${file}-wal`, inLog ? damaged(log, random) : log, { mode: 0o600 });
    const { status, signal, stdout, stderr } = await run(process.execPath, [program, this.#directory]);
    assert.equal(signal, undefined, `it was ended by ${signal}\n${stderr}`);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^(?:works|refused|lost)/);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function damaged(sound: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(sound);
  const pages = Math.floor(bytes.length / pageSize);
  if (pages === 0) return bytes;
  const pageAt = (): number => random.below(pages) * pageSize;
  switch (random.below(5)) {
    case 0: {
      const at = pageAt();
      return bytes.fill(0, at, at + pageSize);
    }
    case 1: {
      const from = pageAt();
      bytes.copy(bytes, pageAt(), from, from + pageSize);
      return bytes;
    }
    case 2:
      return bytes.subarray(0, random.below(bytes.length));
    default:
      for (let flips = 1 + random.below(6); flips > 0; flips--) {
        // Where most of what SQLite goes by is: the heads of pages.
        const at = pageAt() + random.below(random.chance(0.6) ? 64 : pageSize);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      }
      return bytes;
  }
}
