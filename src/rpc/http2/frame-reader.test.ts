import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameBytes, preface } from '../../../tests/support/raw-http2.js';
import { FrameReader } from './frame-reader.js';

type Read = readonly [type: number, flags: number, stream: number, payload: string];

function reading() {
  const frames: Read[] = [];
  const reader = new FrameReader(({ type, flags, stream, bytes, start, end }) => {
    frames.push([type, flags, stream, bytes.toString('latin1', start, end)]);
  });
  return { reader, frames };
}

const sent = Buffer.concat([
  preface,
  frameBytes({ type: 4 }),
  frameBytes({ type: 0, flags: 1, stream: 3, payload: Buffer.from('hello') }),
  frameBytes({ type: 77, stream: 2 ** 31 - 1, payload: Buffer.alloc(16_384, 'x') }),
]);
const frames: readonly Read[] = [
  [4, 0, 0, ''],
  [0, 1, 3, 'hello'],
  [77, 0, 2 ** 31 - 1, 'x'.repeat(16_384)],
];

describe('FrameReader', () => {
  for (const size of [1, 7, 100, sent.length]) {
    it(`gives the same frames when ${size} bytes come at a time`, () => {
      const read = reading();
      for (let start = 0; start < sent.length; start += size) read.reader.push(sent.subarray(start, start + size));
      assert.deepEqual(read.frames, frames);
    });
  }

  it('knows when a client has begun', () => {
    const { reader } = reading();
    reader.push(preface.subarray(0, 10));
    assert.equal(reader.begun, false);
    reader.push(preface.subarray(10));
    assert.equal(reader.begun, true);
  });

  it('ignores the bit that is reserved in the number of a stream', () => {
    const read = reading();
    const frame = frameBytes({ type: 6, stream: 5 });
    frame[5] = 0x80;
    read.reader.push(Buffer.concat([preface, frame]));
    assert.deepEqual(read.frames, [[6, 0, 5, '']]);
  });

  it('refuses what is no HTTP/2, and a frame that is too large before it is there', () => {
    assert.throws(() => reading().reader.push(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n')), {
      code: 'PROTOCOL_ERROR',
    });
    const head = Buffer.from([0, 0x40, 1, 0, 0, 0, 0, 0, 1]);
    assert.throws(() => reading().reader.push(Buffer.concat([preface, head])), { code: 'FRAME_SIZE_ERROR' });
  });
});
