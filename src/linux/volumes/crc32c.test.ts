import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32c } from './crc32c.js';

describe('crc32c', () => {
  it('is that of RFC 3720, without the inversions', () => {
    const invert = (value: number): number => ~value >>> 0;
    assert.equal(invert(crc32c(0xffffffff, Buffer.alloc(32))), 0x8a9136aa);
    assert.equal(invert(crc32c(0xffffffff, Buffer.alloc(32, 0xff))), 0x62a8ab43);
    assert.equal(invert(crc32c(0xffffffff, Buffer.from('123456789'))), 0xe3069283);
  });
});
