import assert from 'node:assert/strict';
import { mkdir, open as openFile, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Database from 'better-sqlite3';
import { DataLossError, StrataError } from '../errors/index.js';
import { add, keysOf, open, sql, temporaryDirectory } from './store.test.rig.js';

/** A closed store with some hundred pages. */
async function closedStore(t: TestContext): Promise<{ readonly directory: string; readonly file: string }> {
  const directory = await temporaryDirectory(t);
  await using store = await open(directory);
  await Promise.all(Array.from({ length: 2000 }, (_, index) => add(store, `key ${index} ${'x'.repeat(60)}`, index)));
  return { directory, file: store.file };
}

async function overwrite(file: string, position: number, bytes: Buffer): Promise<void> {
  const handle = await openFile(file, 'r+');
  try {
    await handle.write(bytes, 0, bytes.length, position);
  } finally {
    await handle.close();
  }
}

function isDataLossOf(file: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DataLossError, String(error));
    assert.ok(error.context.includes(file), error.context);
    return true;
  };
}

/** Uses everything of a store that may be damaged. Whatever it throws has to be an error of ours. */
async function use(directory: string): Promise<void> {
  await using store = await open(directory);
  const keys = keysOf(store);
  await Promise.all(keys.slice(0, 50).map((key) => store.write((tx) => tx.run(sql.remove, key))));
  await Promise.all(keys.slice(50, 100).map((key) => add(store, `new ${key}`)));
  await store.verify();
}

const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'zeros for its header': (file) => overwrite(file, 0, Buffer.alloc(100)),
  'zeros for its first page': (file) => overwrite(file, 0, Buffer.alloc(1024)),
  'nothing in it': (file) => truncate(file),
  'half a page': (file) => truncate(file, 512),
  'a text in its place': (file) => writeFile(file, 'not a database, whatever it is called '.repeat(100)),
  'the database of another program in its place': async (file) => {
    const other = `${file}.other`;
    const database = new Database(other);
    database.exec('CREATE TABLE other (id INTEGER)');
    database.close();
    await writeFile(file, await readFile(other));
  },
  'half of its pages': async (file) => truncate(file, Math.floor((await stat(file)).size / 2048) * 1024),
};

describe('a database file', () => {
  for (const [what, damage] of Object.entries(damages)) {
    it(`with ${what} is an error that names it`, async (t) => {
      const { directory, file } = await closedStore(t);
      await damage(file);
      await assert.rejects(use(directory), isDataLossOf(file));
    });
  }

  it('with any bytes changed is read as well as possible, and never ends the process', async (t) => {
    const { directory, file } = await closedStore(t);
    const sound = await readFile(file);
    let noticed = 0;
    for (let round = 0; round < 60; round++) {
      const bytes = Buffer.from(sound);
      for (let flip = 0; flip < 20; flip++) {
        const position = Math.floor(Math.random() * bytes.length);
        bytes[position] = (bytes[position] ?? 0) ^ (1 << Math.floor(Math.random() * 8));
      }
      await writeFile(file, bytes);
      try {
        await use(directory);
      } catch (error) {
        assert.ok(error instanceof StrataError, String(error));
        noticed++;
      }
    }
    assert.ok(noticed > 0);
  });

  it('that is damaged in the middle fails what meets it, and nothing else', async (t) => {
    const { directory, file } = await closedStore(t);
    const size = (await stat(file)).size;
    await overwrite(file, Math.floor(size / 2048) * 1024, Buffer.alloc(4096, 0xff));
    await using store = await open(directory);
    assert.throws(() => keysOf(store), isDataLossOf(file));
    assert.ok((await store.verify()).length > 0);
    await assert.rejects(store.backup(path.join(directory, 'backup.db')), isDataLossOf(file));
    await add(store, 'zzz');
    assert.equal(store.read((tx) => tx.get(sql.get, 'zzz'))?.key, 'zzz');
  });

  it('that is sound is called so', async (t) => {
    const { directory } = await closedStore(t);
    await using store = await open(directory);
    assert.deepEqual(await store.verify(), []);
  });
});

describe('an error about damage', () => {
  it('names the newest backup, or says that there is none', async (t) => {
    const { directory, file } = await closedStore(t);
    const backups = path.join(directory, 'backups');
    await overwrite(file, 0, Buffer.alloc(100));
    const message = async () => {
      const error = await open(directory, { backups }).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof DataLossError);
      return error.context;
    };
    assert.match(await message(), /cannot be listed/);
    await mkdir(backups);
    assert.match(await message(), /; there is no backup in .*backups$/);
    for (const [name, age] of [
      ['b.db', 1],
      ['a.db', 0],
      ['c.db', 2],
    ] as const) {
      await writeFile(path.join(backups, name), '');
      await utimes(path.join(backups, name), 0, 1000 - age);
    }
    assert.match(await message(), /is damaged: .*; the newest backup is .*\/a\.db, see strata restore --help$/);
  });
});
