import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UnavailableError } from '../errors/index.js';
import { statement } from './statement.js';
import { add, open, sql, temporaryDirectory } from './store.test.rig.js';

describe('Store', () => {
  it('has what was written, also after it was closed', async (t) => {
    const directory = await temporaryDirectory(t);
    {
      await using store = await open(directory);
      assert.equal(await store.write((tx) => tx.run(sql.add, 'a', 1)), 1);
      assert.deepEqual(
        store.read((tx) => tx.get(sql.get, 'a')),
        { key: 'a', size: 1 },
      );
      assert.equal(
        store.read((tx) => tx.get(sql.get, 'b')),
        undefined,
      );
    }
    await using store = await open(directory);
    assert.deepEqual(
      store.read((tx) => tx.all(sql.all)),
      [{ key: 'a', size: 1 }],
    );
  });

  it('lets nobody else read its files', async (t) => {
    const directory = await temporaryDirectory(t);
    await using store = await open(directory);
    await add(store, 'a');
    const names = await readdir(path.dirname(store.file));
    assert.deepEqual(names.sort(), ['owner', 'owner.db', 'reserve', 'strata.db', 'strata.db-shm', 'strata.db-wal']);
    for (const name of names) {
      assert.equal((await stat(path.join(path.dirname(store.file), name))).mode & 0o777, 0o600, name);
    }
    assert.equal((await stat(path.dirname(store.file))).mode & 0o777, 0o700);
  });

  it('keeps text, integers, bytes and nothing as they are', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const echo = statement<{ readonly value: unknown }>('SELECT ? AS value');
    for (const value of ['text', '', '\u{1f600}', 1, -2, 2 ** 53, null]) {
      assert.equal(
        store.read((tx) => tx.get(echo, value)?.value),
        value,
      );
    }
    assert.deepEqual(
      store.read((tx) => tx.get(echo, Uint8Array.of(0, 255))?.value),
      Buffer.of(0, 255),
    );
    assert.equal(
      store.read((tx) => tx.get(echo, 5n)?.value),
      5,
    );
  });

  it('is closed once, and then refuses everything', async (t) => {
    const store = await open(await temporaryDirectory(t));
    const done = add(store, 'a');
    await Promise.all([store.close(), store.close()]);
    await done;
    const refused = (error: unknown) => error instanceof UnavailableError;
    assert.throws(() => store.read(() => 1), refused);
    await assert.rejects(
      store.write(() => 1),
      refused,
    );
    await assert.rejects(store.verify(), refused);
    await assert.rejects(store.backup('x'), refused);
  });
});
