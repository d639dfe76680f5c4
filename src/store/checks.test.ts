import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { open, temporaryDirectory } from './store.test.rig.js';

describe('Store.verify', () => {
  it('names rows that refer to none', async (t) => {
    const directory = await temporaryDirectory(t);
    const { file } = await closedStore(directory);
    const database = new Database(file);
    database.exec("PRAGMA foreign_keys = OFF; INSERT INTO label VALUES ('nobody', 'of', 'x')");
    database.close();
    await using store = await open(directory);
    assert.deepEqual(await store.verify(), ['row ? of label refers to a row that item does not have']);
  });

  it('tells a page that nobody has', async (t) => {
    const directory = await temporaryDirectory(t);
    const { file } = await closedStore(directory);
    const database = new Database(file);
    database.unsafeMode();
    database.exec("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'label'");
    database.close();
    await using store = await open(directory, { migrations: [{ version: 1, sql: '' }] });
    assert.match((await store.verify()).join(), /never used/);
  });
});

/** A store that is closed. */
async function closedStore(directory: string): Promise<{ readonly file: string }> {
  await using store = await open(directory);
  return { file: store.file };
}
