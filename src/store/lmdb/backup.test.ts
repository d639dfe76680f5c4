import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  CanceledError,
  DataLossError,
  FailedPreconditionError,
  NotFoundError,
  UnavailableError,
} from '../../errors/index.js';
import { textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { openLmdbStore } from './open.js';
import { restoreLmdbStore } from './restore.js';

const names = defineTable<readonly [id: number], string>({ name: 'names', shape: ['number'], codec: textCodec });
const now = new Date('2026-01-02T03:04:05.678Z');

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-backup-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

const openStore = (directory: string): Promise<Store> =>
  openLmdbStore({ path: path.join(directory, 'store'), tables: [names] });

const put = (store: Store, id: number, name: string): Promise<void> => store.write((tx) => tx.put(names, [id], name));

const contentsOf = (store: Store): string[] => store.read((tx) => [...tx.range(names)].map(({ value }) => value));

/** What a store in this directory holds. */
async function reopened(directory: string): Promise<string[]> {
  await using store = await openStore(directory);
  return contentsOf(store);
}

function restore(directory: string, file: string, table = names.name) {
  return restoreLmdbStore({ path: path.join(directory, 'store'), file, table, now });
}

describe('backUp', () => {
  it('holds what was there when it began, while others write, and leaves nothing beside it', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    await using store = await openStore(directory);
    for (let id = 0; id < 100; id++) await put(store, id, `${id}`);
    const writing = Promise.all(Array.from({ length: 1000 }, (_, index) => put(store, 100 + index, 'late')));
    await store.backUp({ file });
    await writing;
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(directory)).sort(), ['backup', 'store']);
    const other = await temporaryDirectory(t);
    assert.deepEqual(await restore(other, file), { replaced: undefined });
    const found = await reopened(other);
    assert.deepEqual(
      found.slice(0, 100),
      Array.from({ length: 100 }, (_, id) => `${id}`),
    );
    assert.ok(found.length <= 1100);
  });

  it('replaces a file only with a whole one', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    await writeFile(file, 'before');
    await using store = await openStore(directory);
    const signal = AbortSignal.abort();
    await assert.rejects(store.backUp({ file, signal }), CanceledError);
    assert.equal(await readFile(file, 'utf8'), 'before');
    await store.backUp({ file });
    assert.notEqual(await readFile(file, 'utf8'), 'before');
    await assert.rejects(store.backUp({ file: path.join(directory, 'nowhere', 'backup') }), NotFoundError);
    assert.deepEqual((await readdir(directory)).sort(), ['backup', 'store']);
  });

  it('is finished before the store closes, and refused afterwards', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    const store = await openStore(directory);
    const done = store.backUp({ file });
    await store.close();
    await done;
    await stat(file);
    await assert.rejects(store.backUp({ file }), UnavailableError);
  });

  it('that a crash cut off is deleted by the next owner of the store', async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'store', '.strata-copy-x1y2z3'), { recursive: true });
    await using _ = await openStore(directory);
    assert.deepEqual(
      (await readdir(path.join(directory, 'store'))).filter((name) => name.startsWith('.strata')),
      [],
    );
  });
});

describe('restore', () => {
  it('takes the records back, and keeps those that it replaces', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    {
      await using store = await openStore(directory);
      await put(store, 1, 'in the backup');
      await store.backUp({ file });
      await put(store, 2, 'later');
      assert.equal(store.restored, false);
    }
    const replaced = path.join(directory, 'store.replaced-2026-01-02T03-04-05.678Z');
    assert.deepEqual(await restore(directory, file), { replaced });
    {
      await using store = await openStore(directory);
      assert.deepEqual(contentsOf(store), ['in the backup']);
      assert.equal(store.restored, true);
    }
    await using before = await openLmdbStore({ path: replaced, tables: [names] });
    assert.deepEqual(contentsOf(before), ['in the backup', 'later']);
  });

  it('is refused while a process has the store', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    await using store = await openStore(directory);
    await put(store, 1, 'one');
    await store.backUp({ file });
    await assert.rejects(restore(directory, file), FailedPreconditionError);
    assert.deepEqual(contentsOf(store), ['one']);
  });

  const bad = {
    'that is missing': { make: () => Promise.resolve(), error: NotFoundError },
    'that is empty': { make: (file: string) => writeFile(file, ''), error: DataLossError },
    'that is something else': { make: (file: string) => writeFile(file, 'x'.repeat(10_000)), error: DataLossError },
    'that is cut off': {
      make: async (file: string) => (await openFile(file, 'r+')).truncate(8192),
      error: DataLossError,
    },
    'with damaged pages': {
      make: async (file: string) => {
        const handle = await openFile(file, 'r+');
        const { size } = await handle.stat();
        await handle.write(Buffer.alloc(size - 8192, 0xa5), 0, size - 8192, 8192);
        await handle.close();
      },
      error: DataLossError,
    },
  };
  for (const [which, { make, error }] of Object.entries(bad)) {
    it(`refuses a backup ${which}, and changes nothing`, async (t) => {
      const directory = await temporaryDirectory(t);
      const file = path.join(directory, 'backup');
      {
        await using store = await openStore(directory);
        for (let id = 0; id < 300; id++) await put(store, id, 'x'.repeat(100));
        if (which !== 'that is missing') await store.backUp({ file });
      }
      await make(file);
      await assert.rejects(restore(directory, file), error);
      assert.equal((await reopened(directory)).length, 300);
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name !== 'backup'),
        ['store'],
      );
    });
  }

  it('refuses a database that is no store of this kind', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'backup');
    await using store = await openStore(directory);
    await store.backUp({ file });
    await assert.rejects(restore(await temporaryDirectory(t), file, 'snapshots'), FailedPreconditionError);
  });
});
