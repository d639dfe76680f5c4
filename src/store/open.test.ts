import assert from 'node:assert/strict';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { add, keysOf, migrations, open, temporaryDirectory } from './store.test.rig.js';

describe('openStore', () => {
  it('deletes what an earlier attempt at a new store has left', async (t) => {
    const directory = await temporaryDirectory(t);
    await mkdir(path.join(directory, 'store'));
    for (const suffix of ['', '-journal', '-wal']) {
      await writeFile(path.join(directory, 'store', `strata.db.new${suffix}`), 'half');
    }
    await using store = await open(directory);
    await add(store, 'a');
    const names = await readdir(path.join(directory, 'store'));
    assert.ok(!names.some((name) => name.includes('.new')), names.join(' '));
  });

  it('leaves nothing open when it fails', async (t) => {
    const directory = await temporaryDirectory(t);
    const wrong = [...migrations, { version: 2, sql: 'nonsense' }];
    for (let round = 0; round < 3; round++) await assert.rejects(open(directory, { migrations: wrong }));
    await using store = await open(directory);
    await add(store, 'a');
  });

  it('makes a database that says what it is, and has pages of 1 KiB', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await open(directory);
    await store.close();
    assert.equal((await stat(store.file)).mode & 0o777, 0o600);
    const database = new Database(store.file, { readonly: true });
    t.after(() => void database.close());
    const value = (pragma: string) => database.pragma(pragma, { simple: true });
    assert.equal(value('application_id'), 0x53747261);
    assert.equal(value('user_version'), 1);
    assert.equal(value('page_size'), 1024);
    assert.equal(value('journal_mode'), 'wal');
  });

  it('without waiting for the disk has everything after it was closed', async (t) => {
    const directory = await temporaryDirectory(t);
    {
      await using store = await open(directory, { durable: false });
      await Promise.all(Array.from({ length: 100 }, (_, index) => add(store, `${index}`)));
      assert.equal(store.changes, 1);
    }
    await using store = await open(directory);
    assert.equal(keysOf(store).length, 100);
  });
});
