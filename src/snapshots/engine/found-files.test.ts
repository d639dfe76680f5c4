import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { findFiles, highestId, idOf } from './found-files.js';

describe('what lies in the snapshots directory', () => {
  it('is listed, whatever it is called', async () => {
    const driver = new MemoryDriver();
    for (const name of ['1', 'new-7', '12']) driver.files.add(name);
    const found = await findFiles(driver);
    assert.deepEqual(found, { names: ['1', 'new-7', '12'], error: undefined });
    assert.equal(highestId(found.names), 12);
  });

  it('may be unreadable, which is kept for later', async () => {
    const driver = new MemoryDriver();
    const error = new Error('EIO');
    driver.ids = async function* () {
      yield '1';
      throw error;
    };
    assert.deepEqual(await findFiles(driver), { names: [], error });
  });

  it('has an id as its name only when it is written as ids are', () => {
    assert.equal(idOf('42'), 42);
    for (const name of ['', '042', '-1', '1.0', '1e3', ' 1', 'new-1', '9007199254740993'])
      assert.equal(idOf(name), undefined);
  });
});
