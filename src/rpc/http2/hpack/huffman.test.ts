import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeHuffman } from './huffman.js';

function decode(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  return decodeHuffman(bytes, 0, bytes.length);
}

describe('decodeHuffman', () => {
  // From the examples of RFC 7541, appendix C.
  const known = {
    f1e3c2e5f23a6ba0ab90f4ff: 'www.example.com',
    a8eb10649cbf: 'no-cache',
    '25a849e95ba97d7f': 'custom-key',
    aec3771a4b: 'private',
    d07abe941054d444a8200595040b8166e082a62d1bff: 'Mon, 21 Oct 2013 20:13:21 GMT',
    '': '',
  };
  for (const [hex, text] of Object.entries(known)) {
    it(`knows ${JSON.stringify(text)}`, () => assert.equal(decode(hex), text));
  }

  it('decodes a part of a buffer', () => {
    assert.equal(decodeHuffman(Buffer.from('00aec3771a4b00', 'hex'), 1, 6), 'private');
  });

  it('refuses padding of a whole byte, padding that is not ones, and the end of a string within', () => {
    for (const hex of ['aec3771a4bff', 'aec3771a48', 'ffffffff']) {
      assert.throws(() => decode(hex), { code: 'COMPRESSION_ERROR' }, hex);
    }
  });
});
