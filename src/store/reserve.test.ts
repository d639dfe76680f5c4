import assert from 'node:assert/strict';
import { stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Reserve, reserveSize } from './reserve.js';
import { temporaryDirectory } from './store.test.rig.js';

describe('Reserve', () => {
  it('takes room, gives it back, and takes it again', async (t) => {
    const directory = await temporaryDirectory(t);
    const size = async () => (await stat(path.join(directory, 'reserve'))).size;
    await using reserve = await Reserve.open(directory);
    for (let round = 0; round < 2; round++) {
      assert.equal(await reserve.fill(), true);
      assert.equal(await size(), reserveSize);
      await reserve.empty();
      assert.equal(await size(), 0);
    }
  });

  it('is filled again when it only looks full', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'reserve');
    await using reserve = await Reserve.open(directory);
    await truncate(file, reserveSize);
    assert.equal(await reserve.fill(), true);
    assert.ok((await stat(file)).blocks * 512 >= reserveSize);
  });

  it('tries to grow and leaves nothing of it', async (t) => {
    const directory = await temporaryDirectory(t);
    await using reserve = await Reserve.open(directory);
    assert.equal(await reserve.canGrow(), true);
    assert.equal((await stat(path.join(directory, 'reserve'))).size, 0);
  });
});
