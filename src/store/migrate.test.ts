import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError, InternalError } from '../errors/index.js';
import type { Migration } from './migrate.js';
import { statement } from './statement.js';
import { open, temporaryDirectory } from './store.test.rig.js';

const first: Migration = {
  version: 1,
  sql: "CREATE TABLE word (text TEXT NOT NULL) STRICT; INSERT INTO word VALUES ('old');",
};
const second: Migration = { version: 2, sql: 'ALTER TABLE word ADD COLUMN size INTEGER NOT NULL DEFAULT 3' };
const words = statement<{ readonly text: string; readonly size?: number }>('SELECT * FROM word');

describe('migrations', () => {
  it('are done once each, in their order', async (t) => {
    const directory = await temporaryDirectory(t);
    {
      await using store = await open(directory, { migrations: [first] });
      assert.deepEqual(
        store.read((tx) => tx.all(words)),
        [{ text: 'old' }],
      );
    }
    for (let round = 0; round < 2; round++) {
      await using store = await open(directory, { migrations: [first, second] });
      assert.deepEqual(
        store.read((tx) => tx.all(words)),
        [{ text: 'old', size: 3 }],
      );
    }
  });

  it('that fail leave the schema as it was', async (t) => {
    const directory = await temporaryDirectory(t);
    const broken = { version: 2, sql: "INSERT INTO word VALUES ('new'); SELECT nonsense FROM nowhere;" };
    await assert.rejects(open(directory, { migrations: [first, broken] }), InternalError);
    await using store = await open(directory, { migrations: [first] });
    assert.deepEqual(
      store.read((tx) => tx.all(words)),
      [{ text: 'old' }],
    );
  });

  it('are refused when the file is newer than the program, with both versions', async (t) => {
    const directory = await temporaryDirectory(t);
    await (await open(directory, { migrations: [first, second] })).close();
    await assert.rejects(open(directory, { migrations: [first] }), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.context, /has version 2 of its schema, this program knows up to 1$/);
      return true;
    });
  });

  it('must be numbered without gaps', async (t) => {
    await assert.rejects(open(await temporaryDirectory(t), { migrations: [second] }), InternalError);
  });
});
