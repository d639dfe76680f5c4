import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ResourceExhaustedError } from '../errors/index.js';
import { openStore } from './open.js';
import { reserveSize } from './reserve.js';
import { statement } from './statement.js';
import type { Store } from './store.js';

const run = promisify(execFile);
const needsRoot = { skip: process.getuid?.() !== 0 && 'needs root' };
const migrations = [
  {
    version: 1,
    sql: `
      CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE INDEX item_text ON item (text);
    `,
  },
];
const add = statement('INSERT INTO item (text) VALUES (?)');
const remove = statement('DELETE FROM item WHERE id = ?');
const count = statement<{ readonly count: number }>('SELECT count(*) AS count FROM item');
const ids = statement<{ readonly id: number }>('SELECT id FROM item ORDER BY id');

/** A file system of 64 MiB for a test alone, with few inodes. */
async function smallDisk(t: TestContext, kind: 'ext4' | 'tmpfs'): Promise<string> {
  const parent = await mkdtemp(path.join(tmpdir(), 'strata-full-'));
  const disk = path.join(parent, 'disk');
  const image = path.join(parent, 'image');
  await mkdir(disk);
  t.after(async () => {
    // Lazily, since a test that failed may have left the store open; nothing to unmount is no reason to stay.
    await run('umount', ['--lazy', disk]).catch(() => undefined);
    await rm(parent, { recursive: true, force: true });
  });
  if (kind === 'tmpfs') {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=64', 'tmpfs', disk]);
  } else {
    await run('truncate', ['--size=64M', image]);
    await run('mkfs.ext4', ['-q', '-N', '64', '-m', '0', image]);
    await run('mount', ['-o', 'loop', image, disk]);
  }
  return disk;
}

/** Takes every block that is left, also those that the kernel only gives at a second attempt. */
async function fillBlocks(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    for (const size of [1024 * 1024, 1024])
      for (;;) {
        try {
          await handle.write(Buffer.alloc(size, 1));
        } catch {
          await handle.sync().catch(() => undefined);
          break;
        }
      }
  } finally {
    await handle.close();
  }
}

/** Takes every inode that is left. */
async function fillInodes(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (let number = 0; ; number++) {
    try {
      await writeFile(path.join(directory, `${number}`), '');
    } catch {
      return;
    }
  }
}

async function addMany(store: Store, number: number): Promise<void> {
  for (let done = 0; done < number; done += 500) {
    await store.write((tx) => {
      for (let each = 0; each < 500; each++) tx.run(add, `${done + each} ${'x'.repeat(200)}`);
    });
  }
}

function stored(store: Store): number {
  return store.read((tx) => tx.get(count))?.count ?? 0;
}

async function removeOneByOne(store: Store, number: number): Promise<void> {
  const first = store.read((tx) => tx.all(ids)).slice(0, number);
  await Promise.all(first.map(({ id }) => store.write((tx) => assert.equal(tx.run(remove, id), 1), { frees: true })));
}

function assertRefused(store: Store): Promise<void> {
  return assert.rejects(
    store.write((tx) => tx.run(add, 'more')),
    (error) => error instanceof ResourceExhaustedError && error.context.endsWith('no space left on device'),
  );
}

for (const kind of ['ext4', 'tmpfs'] as const) {
  describe(`a full disk with ${kind}`, () => {
    it('lets reads and removals go on, refuses the rest, and is overcome when there is room', needsRoot, async (t) => {
      const disk = await smallDisk(t, kind);
      const ballast = path.join(disk, 'ballast');
      await using store = await openStore({ directory: path.join(disk, 'store'), migrations });
      await addMany(store, 20_000);
      await fillBlocks(ballast);
      const before = stored(store);
      let added = 0;
      await assert.rejects(async () => {
        for (; ; added += 500) await addMany(store, 500);
      }, ResourceExhaustedError);
      await fillBlocks(ballast);
      await assertRefused(store);
      assert.equal(stored(store), before + added);
      for (let round = 0; round < 10; round++) {
        await removeOneByOne(store, 1000);
        await fillBlocks(ballast);
      }
      assert.equal(stored(store), before + added - 10_000);
      await rm(ballast);
      await store.write((tx) => tx.run(add, 'again'));
      assert.equal(stored(store), before + added - 10_000 + 1);
      assert.equal((await stat(path.join(disk, 'store', 'reserve'))).size, reserveSize);
    });

    it('is no hindrance right after a start, nor when it has no inode left', needsRoot, async (t) => {
      const disk = await smallDisk(t, kind);
      const options = { directory: path.join(disk, 'store'), migrations };
      {
        await using store = await openStore(options);
        await addMany(store, 10_000);
      }
      await mkdir(path.join(disk, 'many'));
      await fillBlocks(path.join(disk, 'ballast'));
      // With what SQLite deletes at the end and makes at the start.
      await using store = await openStore(options);
      await fillBlocks(path.join(disk, 'ballast'));
      await fillInodes(path.join(disk, 'many'));
      for (let round = 0; round < 5; round++) {
        await removeOneByOne(store, 1000);
        await fillBlocks(path.join(disk, 'ballast'));
      }
      assert.equal(stored(store), 5000);
    });

    it('is none at all when only inodes are missing', needsRoot, async (t) => {
      const disk = await smallDisk(t, kind);
      await using store = await openStore({ directory: path.join(disk, 'store'), migrations });
      await addMany(store, 500);
      await fillInodes(path.join(disk, 'many'));
      await addMany(store, 40_000);
      await removeOneByOne(store, 1000);
      assert.equal(stored(store), 39_500);
    });
  });
}
