import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Codec, numberCodec, presenceCodec, RecordReader, RecordWriter, textCodec } from './codec.js';

function encode<V>(codec: Codec<V>, value: V): Buffer {
  const writer = new RecordWriter();
  codec.encode(value, writer);
  return writer.finish();
}

const numbers: readonly (readonly [value: number, hex: string])[] = [
  [0, '00'],
  [1, '01'],
  [127, '7f'],
  [128, '8001'],
  [300, 'ac02'],
  [2 ** 32, '8080808010'],
  [Number.MAX_SAFE_INTEGER, 'ffffffffffffff0f'],
];

interface Field {
  readonly value: unknown;
  readonly write: (writer: RecordWriter) => void;
  readonly read: (reader: RecordReader) => unknown;
}

const label = fc.string({ unit: 'binary' });
const numberField = (value: number): Field => ({
  value,
  write: (writer) => writer.number(value),
  read: (reader) => reader.number(),
});
const textField = (value: string): Field => ({
  value,
  write: (writer) => writer.text(value),
  read: (reader) => reader.text(),
});
const mapField = (value: ReadonlyMap<string, string>): Field => ({
  value,
  write: (writer) => writer.map(value),
  read: (reader) => reader.map(),
});
const field = fc.oneof(
  fc.maxSafeNat().map(numberField),
  label.map(textField),
  fc.array(fc.tuple(label, label)).map((pairs) => mapField(new Map(pairs))),
);

describe('numberCodec', () => {
  for (const [value, hex] of numbers) {
    it(`keeps ${value} in ${hex.length / 2} bytes`, () => {
      assert.equal(encode(numberCodec, value).toString('hex'), hex);
      assert.equal(numberCodec.decode(new RecordReader(Buffer.from(hex, 'hex'))), value);
    });
  }

  for (const value of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    it(`refuses ${value}`, () => {
      assert.throws(() => encode(numberCodec, value), new RangeError(`Cannot store ${value}: want a whole number`));
    });
  }

  it('refuses bytes that end too early or hold too much', () => {
    const read = (hex: string) => numberCodec.decode(new RecordReader(Buffer.from(hex, 'hex')));
    assert.throws(() => read(''), new RangeError('The record ends inside a number'));
    assert.throws(() => read('80'), new RangeError('The record ends inside a number'));
    assert.throws(() => read('ffffffffffffff1f'), new RangeError('The record holds a number beyond 2^53'));
  });
});

describe('textCodec', () => {
  for (const value of ['', 'a', 'ß€😀', 'nul \0 inside', 'x'.repeat(100_000)]) {
    it(`keeps ${JSON.stringify(value).slice(0, 20)}`, () => {
      assert.equal(textCodec.decode(new RecordReader(encode(textCodec, value))), value);
    });
  }

  it('refuses bytes that end too early', () => {
    const bytes = encode(textCodec, 'hello');
    const cut = new RecordReader(bytes.subarray(0, bytes.length - 1));
    assert.throws(() => cut.text(), new RangeError('The record ends inside a text'));
  });
});

describe('presenceCodec', () => {
  it('needs no bytes', () => {
    const bytes = encode(presenceCodec, true);
    assert.equal(bytes.length, 0);
    assert.equal(presenceCodec.decode(new RecordReader(bytes)), true);
  });
});

describe('RecordWriter', () => {
  it('begins anew after a reset and leaves what it gave out alone', () => {
    const writer = new RecordWriter();
    const first = writer.text('first').finish();
    const second = writer.reset().text('second').finish();
    assert.equal(new RecordReader(first).text(), 'first');
    assert.equal(new RecordReader(second).text(), 'second');
  });

  it('keeps any sequence of fields, in order', () => {
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new RecordWriter();
        for (const { write } of fields) write(writer);
        const reader = new RecordReader(writer.finish());
        for (const { read, value } of fields) assert.deepEqual(read(reader), value);
      }),
    );
  });
});
