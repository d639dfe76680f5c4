import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeField, encodeRemembered, forgetAll } from './encode.js';
import { fieldExtent } from './field-extent.js';

const text = fc.string({ maxLength: 400, unit: fc.constantFrom('a', 'b', '~') });
const field = fc.oneof(
  fc
    .tuple(text, text, fc.constantFrom('remember' as const, 'forget' as const))
    .map(([name, value, treatment]) => encodeField([name, value], treatment)),
  fc.nat(3000).map(encodeRemembered),
  fc.constant(forgetAll),
);

describe('fieldExtent', () => {
  it('gives the end of a field, and never one that is too late while the field is not whole', () => {
    fc.assert(
      fc.property(field, fc.nat(), (bytes, cut) => {
        assert.equal(fieldExtent(bytes, 0).end, bytes.length);
        assert.equal(fieldExtent(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(3)]), 3).end, bytes.length + 3);
        const part = bytes.subarray(0, cut % bytes.length);
        const { end } = fieldExtent(part, 0);
        assert.ok(end > part.length && end <= bytes.length, `${end} of ${bytes.length} after ${part.length}`);
      }),
    );
  });

  it('gives the place of the value as soon as the name is there', () => {
    const bytes = encodeField(['name', 'value'], 'forget');
    assert.equal(fieldExtent(bytes.subarray(0, 5), 0).value, undefined);
    assert.equal(fieldExtent(bytes.subarray(0, 6), 0).value, 6);
    assert.equal(fieldExtent(encodeField([':path', '/x'], 'forget'), 0).value, 1);
    assert.equal(fieldExtent(encodeRemembered(0), 0).value, undefined);
  });

  it('refuses a length that no field has', () => {
    const endless = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert.throws(() => fieldExtent(endless, 0), { code: 'COMPRESSION_ERROR' });
  });
});
