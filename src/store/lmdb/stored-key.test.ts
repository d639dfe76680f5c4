import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLongForm, longKeyBytes, packValue, runOf, toStored, unpack } from './stored-key.js';

/** What LMDB allows (with pages of 4096 bytes). */
const limit = 1978;
const value = Buffer.from('value');

function keyOf(length: number, last = 'z'): Buffer {
  return Buffer.from('k'.repeat(length - 1) + last);
}

describe('stored keys', () => {
  it('leaves short keys and their values alone', () => {
    const key = keyOf(longKeyBytes - 1);
    assert.equal(toStored(key), key);
    assert.equal(packValue(key, value), value);
    assert.equal(isLongForm(toStored(key)), false);
    assert.deepEqual(unpack(key, value), { key, value });
  });

  for (const length of [longKeyBytes, longKeyBytes + 1, longKeyBytes + 32, limit, 40 * 1024]) {
    it(`stores a key of ${length} bytes within the limit, and gives it back`, () => {
      const key = keyOf(length);
      const stored = toStored(key);
      assert.ok(stored.length <= limit);
      assert.ok(isLongForm(stored));
      assert.deepEqual(runOf(stored), key.subarray(0, longKeyBytes));
      assert.deepEqual(unpack(stored, packValue(key, value)), { key, value });
      assert.deepEqual(unpack(stored, packValue(key, Buffer.alloc(0))), { key, value: Buffer.alloc(0) });
    });
  }

  it('keeps keys apart that differ only behind the part that is stored', () => {
    assert.notDeepEqual(toStored(keyOf(3000, 'a')), toStored(keyOf(3000, 'b')));
  });

  it('does not take a long key that looks like a stored one for it', () => {
    const stored = toStored(keyOf(3000));
    assert.notDeepEqual(toStored(stored), stored);
  });

  it('says when a value does not hold its key', () => {
    const key = keyOf(2000);
    const stored = toStored(key);
    const packed = packValue(key, value);
    const broken = [Buffer.alloc(0), packed.subarray(0, 3), packed.subarray(0, 1000), Buffer.alloc(5000)];
    for (const bytes of broken) assert.deepEqual(unpack(stored, bytes), { key: stored, value: undefined });
  });
});
