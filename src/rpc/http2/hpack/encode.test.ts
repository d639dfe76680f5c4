import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HeaderDecoder } from './decoder.js';
import { encodeField, encodeHeaders, encodeRemembered, forgetAll, type HeaderField } from './encode.js';

function decode(decoder: HeaderDecoder, block: Buffer): HeaderField[] {
  const fields: HeaderField[] = [];
  decoder.decode(block, { start: 0, end: block.length }, (name, value) => fields.push([name, value]));
  return fields;
}

const text = fc.string({
  maxLength: 300,
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});

describe('encodeHeaders', () => {
  it('is read back, and leaves nothing behind', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (fields) => {
        const decoder = new HeaderDecoder();
        assert.deepEqual(decode(decoder, encodeHeaders(fields)), fields);
        assert.equal(decoder.version, 0);
      }),
    );
  });

  it('says what both sides know in a byte', () => {
    assert.deepEqual(encodeHeaders([[':status', '200']]), Buffer.from([0x88]));
    assert.equal(encodeField([':path', '/x'], 'forget').length, 4);
  });
});

describe('encodeRemembered', () => {
  it('refers to a field that was remembered, until everything is forgotten', () => {
    const decoder = new HeaderDecoder();
    decode(decoder, Buffer.concat([encodeField(['a', '1'], 'remember'), encodeField(['b', '2'], 'remember')]));
    assert.deepEqual(decode(decoder, Buffer.concat([encodeRemembered(0), encodeRemembered(1)])), [
      ['b', '2'],
      ['a', '1'],
    ]);
    decode(decoder, forgetAll);
    assert.throws(() => decode(decoder, encodeRemembered(0)), { code: 'COMPRESSION_ERROR' });
  });
});
