import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { LogFile } from './log-file.js';
import { add, keysOf, open, temporaryDirectory } from './store.test.rig.js';

describe('LogFile', () => {
  it('takes room that SQLite then writes over, also after it was not closed', async (t) => {
    const directory = await temporaryDirectory(t);
    await using store = await open(directory, { durable: false });
    await add(store, 'a');
    await using log = await LogFile.open(store.file);
    await log.grow();
    const { size } = await stat(`${store.file}-wal`);
    assert.equal(size, 2 * 1024 * 1024);
    for (let index = 0; index < 50; index++) await add(store, `b${index}`);
    await log.sync();
    assert.equal((await stat(`${store.file}-wal`)).size, size);
    assert.equal(keysOf(store).length, 51);
    assert.deepEqual(await store.verify(), []);
  });

  it('is as long from the start as it gets, so that synchronising it commits no journal', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const { size, blocks } = await stat(`${store.file}-wal`);
    assert.ok(size >= 6 * 1024 * 1024 && blocks * 512 >= size, `${size} bytes in ${blocks} blocks`);
    for (let index = 0; index < 50; index++) await add(store, `k${index}`);
    assert.equal((await stat(`${store.file}-wal`)).size, size);
  });
});
