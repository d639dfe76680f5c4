import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Connection } from './connection.js';
import { makeDatabase } from './new-database.js';
import { Reader } from './reader.js';
import { statement } from './statement.js';
import { temporaryDirectory } from './store.test.rig.js';

const add = statement('INSERT INTO word VALUES (?)');
const all = statement<{ readonly text: string }>('SELECT text FROM word ORDER BY text');
const log = statement<{ readonly log: number }>('PRAGMA wal_checkpoint(NOOP)');

async function setUp(t: TestContext) {
  const directory = await temporaryDirectory(t);
  await makeDatabase(directory);
  const file = `${directory}/strata.db`;
  const writer = new Connection(file, { timeout: 0 });
  writer.execute('CREATE TABLE word (text TEXT NOT NULL) STRICT');
  const reader = new Reader({ file });
  t.after(() => {
    reader[Symbol.dispose]();
    writer[Symbol.dispose]();
  });
  const words = () =>
    reader
      .read((tx) => tx.all(all))
      .map(({ text }) => text)
      .join(' ');
  return { writer, reader, words };
}

describe('Reader', () => {
  it('sees nothing of what is committed while it is held, and all of it afterwards', async (t) => {
    const { writer, reader, words } = await setUp(t);
    writer.run(add, ['a']);
    reader.release();
    assert.equal(words(), 'a');
    reader.hold();
    writer.run(add, ['b']);
    assert.equal(words(), 'a');
    reader.release();
    assert.equal(words(), 'a b');
  });

  it('keeps the log from beginning again, but not while it is loose', async (t) => {
    const { writer, reader, words } = await setUp(t);
    const restart = () => {
      writer.pragma('wal_checkpoint(PASSIVE)');
      writer.run(add, ['x']);
      return writer.get(log)?.log ?? 0;
    };
    assert.equal(words(), '');
    const before = restart();
    assert.ok(before > 1);
    using _ = reader.loosen();
    assert.equal(words(), 'x');
    assert.ok(restart() < before);
  });

  it('changes nothing', async (t) => {
    const { reader, words } = await setUp(t);
    assert.throws(() => reader.read((tx) => tx.all(statement("INSERT INTO word VALUES ('x') RETURNING text"))));
    assert.equal(words(), '');
  });
});
