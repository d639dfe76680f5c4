import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InternalError } from '../errors/index.js';
import { statement } from './statement.js';
import type { ReadTransaction } from './store.js';
import { add, type Item, keysOf, open, sql, temporaryDirectory } from './store.test.rig.js';

describe('a read', () => {
  it('gives rows one by one, nested and left early', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    for (const key of ['a', 'b', 'c']) await add(store, key);
    const pairs = store.read((tx) => {
      const found: string[] = [];
      for (const { key } of tx.each(sql.all)) for (const other of tx.each(sql.all)) found.push(key + other.key);
      return found;
    });
    assert.equal(pairs.join(' '), 'aa ab ac ba bb bc ca cb cc');
    const first = store.read((tx) => {
      for (const item of tx.each(sql.all)) return item;
      return undefined;
    });
    assert.deepEqual(first, { key: 'a', size: 0 });
    // One that nobody has ended keeps nothing from going on.
    store.read((tx) => tx.each(sql.all).next());
    await add(store, 'd');
    assert.equal(keysOf(store).length, 4);
  });

  it('is over when its function returns', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    let late: ReadTransaction | undefined;
    let rows: IterableIterator<Item> | undefined;
    store.read((tx) => {
      late = tx;
      rows = tx.each(sql.all);
    });
    assert.throws(() => late?.get(sql.get, 'a'), InternalError);
    assert.equal(rows?.next().done, true);
    assert.throws(() => store.read(() => Promise.resolve()), InternalError);
  });

  it('changes nothing, whatever it asks for', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const sneaky = statement<Item>("INSERT INTO item (key, size) VALUES ('x', 1) RETURNING key, size");
    assert.throws(() => store.read((tx) => tx.get(sneaky)));
    assert.deepEqual(keysOf(store), []);
  });
});

describe('a change', () => {
  it('cannot change anything while it iterates, and can when that has ended', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    for (const key of ['a', 'b', 'c']) await add(store, key);
    await assert.rejects(
      store.write((tx) => {
        for (const { key } of tx.each(sql.all)) tx.run(sql.remove, key);
      }),
    );
    assert.equal(keysOf(store).length, 3);
    await store.write((tx) => {
      for (const { key } of tx.all(sql.all)) tx.run(sql.remove, key);
    });
    assert.equal(keysOf(store).length, 0);
  });
});
