import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureAnswer, failureTrailers, metadataTooLarge } from './answer-headers.js';

function message(details: string): string | undefined {
  const { fields } = failureTrailers({ code: 3, details });
  return fields.find(([name]) => name === 'grpc-message')?.[1];
}

describe('the text of a status', () => {
  it('is sent as it is where a header can have it', () =>
    assert.equal(message('k: not found ~!"'), 'k: not found ~!"'));

  it('is percent-encoded where not', () => {
    assert.equal(message('100 %'), '100 %25');
    assert.equal(message('\u00e9\n'), '%C3%A9%0A');
    assert.equal(decodeURIComponent(message('\u{1f980} \u2028') ?? ''), '\u{1f980} \u2028');
  });
});

describe('a failed answer', () => {
  it('is all there is when nothing came before it', () => {
    const names = failureAnswer({ code: 5, details: 'x' }).fields.map(([name]) => name);
    assert.deepEqual(names, [':status', 'content-type', 'grpc-status', 'grpc-message']);
    assert.ok(metadataTooLarge.fields.some(([name, value]) => name === 'grpc-status' && value === '8'));
  });

  it('ends what has begun', () => {
    const { fields } = failureTrailers({ code: 5, details: 'x' });
    assert.deepEqual(fields, [
      ['grpc-status', '5'],
      ['grpc-message', 'x'],
    ]);
  });
});
