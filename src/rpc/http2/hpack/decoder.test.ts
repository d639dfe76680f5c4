import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../protocol-error.js';
import { HeaderDecoder } from './decoder.js';
import { encodeField, encodeHeaders, type HeaderField } from './encode.js';

type Fields = (readonly [string, string])[];

function decoder(): (hex: string | Buffer) => Fields {
  const inner = new HeaderDecoder();
  return (block) => {
    const bytes = typeof block === 'string' ? Buffer.from(block.replaceAll(' ', ''), 'hex') : block;
    const fields: Fields = [];
    inner.decode(bytes, { start: 0, end: bytes.length }, (name, value) => fields.push([name, value]));
    return fields;
  };
}

const firstRequest: Fields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];

describe('HeaderDecoder', () => {
  it('decodes the requests of RFC 7541, appendix C.3', () => {
    const decode = decoder();
    assert.deepEqual(decode('828684410f7777772e6578616d706c652e636f6d'), firstRequest);
    assert.deepEqual(decode('828684be58086e6f2d6361636865'), [...firstRequest, ['cache-control', 'no-cache']]);
    assert.deepEqual(decode('828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'), [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it('decodes the Huffman-coded requests of RFC 7541, appendix C.4', () => {
    const decode = decoder();
    assert.deepEqual(decode('828684418cf1e3c2e5f23a6ba0ab90f4ff'), firstRequest);
    assert.deepEqual(decode('828684be5886a8eb10649cbf'), [...firstRequest, ['cache-control', 'no-cache']]);
    assert.deepEqual(decode('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf').at(-1), ['custom-key', 'custom-value']);
  });

  it('forgets the oldest entries when the table is full, and all when its size becomes 0', () => {
    const decode = decoder();
    const long = 'v'.repeat(2000);
    decode(Buffer.concat([encodeField(['one', long], 'remember'), encodeField(['two', long], 'remember')]));
    assert.deepEqual(decode('be bf'), [
      ['two', long],
      ['one', long],
    ]);
    decode(encodeField(['three', long], 'remember'));
    assert.deepEqual(
      decode('be bf').map(([name]) => name),
      ['three', 'two'],
    );
    assert.throws(() => decode('c0'), ProtocolError);
    assert.deepEqual(decode('20'), []);
    assert.throws(() => decode('be'), ProtocolError);
  });

  it('does not keep an entry that is larger than the table', () => {
    const decode = decoder();
    const huge = 'v'.repeat(5000);
    assert.deepEqual(decode(encodeField(['huge', huge], 'remember')), [['huge', huge]]);
    assert.throws(() => decode('be'), ProtocolError);
  });

  const malformed: Record<string, string> = {
    'the index 0': '80',
    'an index beyond the tables': 'be',
    'a string that is cut off': '40 05 61',
    'an integer without end': 'ff ffffffffffff',
    'an integer that is cut off': 'ff',
    'a new size within a block': '82 20',
    'a new size above what was agreed': '3f e2 1f',
    'Huffman padding of more than seven bits': '00 01 61 82 1f ff',
    'Huffman padding of zeros': '00 01 61 81 18',
    'the end-of-string symbol': '00 01 61 84 ffffffff',
  };
  for (const [name, hex] of Object.entries(malformed)) {
    it(`refuses ${name}`, () => assert.throws(() => decoder()(hex), ProtocolError));
  }

  it('gives back whatever was encoded', () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
    const field: fc.Arbitrary<HeaderField> = fc.tuple(
      text.filter((name) => name !== ''),
      text,
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, fc.constantFrom('remember' as const, 'forget' as const))), (fields) => {
        const decode = decoder();
        const block = Buffer.concat(fields.map(([each, treatment]) => encodeField(each, treatment)));
        assert.deepEqual(
          decode(block),
          fields.map(([each]) => each),
        );
        assert.deepEqual(
          decode(encodeHeaders(fields.map(([each]) => each))),
          fields.map(([each]) => each),
        );
      }),
    );
  });

  it('takes any bytes: fields, or an error of the protocol', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decoder()(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
