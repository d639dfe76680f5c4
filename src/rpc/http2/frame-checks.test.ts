import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refusePush, requireConnection, requireLength, requireStream, withoutPadding } from './frame-checks.js';
import type { Frame } from './frame-reader.js';
import { flags } from './frames.js';

function frame(bytes: Buffer, more: Partial<Frame> = {}): Frame {
  return { type: 0, flags: 0, stream: 1, bytes, start: 0, end: bytes.length, ...more };
}

describe('withoutPadding', () => {
  it('gives all of a frame that has none', () => {
    assert.deepEqual(withoutPadding(frame(Buffer.from([9, 9]))), { start: 0, end: 2 });
  });

  it('leaves out the padding and its length', () => {
    const padded = frame(Buffer.from([0, 2, 7, 7, 0, 0]), { flags: flags.PADDED, start: 1 });
    assert.deepEqual(withoutPadding(padded), { start: 2, end: 4 });
    assert.deepEqual(withoutPadding(frame(Buffer.from([1, 0]), { flags: flags.PADDED })), { start: 1, end: 1 });
  });

  for (const bytes of [[], [1], [3, 0, 0]]) {
    it(`refuses ${bytes.length} bytes with more padding than that`, () => {
      // A byte of the next frame must not be taken for the length.
      const padded = frame(Buffer.from([...bytes, 0]), { flags: flags.PADDED, end: bytes.length });
      assert.throws(() => withoutPadding(padded), { code: 'PROTOCOL_ERROR' });
    });
  }
});

describe('what a frame must be like', () => {
  const four = frame(Buffer.alloc(4));
  it('is its size', () => {
    requireLength(four, 4);
    assert.throws(() => requireLength(four, 5), { code: 'FRAME_SIZE_ERROR' });
  });

  it('is on a stream, or on none', () => {
    requireStream(four, 4);
    requireConnection({ ...four, stream: 0 });
    assert.throws(() => requireStream({ ...four, stream: 0 }, 4), { code: 'PROTOCOL_ERROR' });
    assert.throws(() => requireStream(four, 5), { code: 'FRAME_SIZE_ERROR' });
    assert.throws(() => requireConnection(four), { code: 'PROTOCOL_ERROR' });
  });

  it('is no push', () => assert.throws(() => refusePush(), { code: 'PROTOCOL_ERROR' }));
});
