import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, frameTypes } from './frames.js';
import { headerBlock } from './header-encoder.js';
import type { OutgoingFrame, Output } from './output.js';
import { Sender } from './sender.js';
import type { ServerStream } from './stream.js';

function sending() {
  const sent: (OutgoingFrame & { readonly bytes: number })[] = [];
  const output = {
    congested: false,
    frame: (frame: OutgoingFrame, payload: Buffer, start = 0, end = payload.length) =>
      void sent.push({ ...frame, bytes: end - start }),
  };
  return { sent, output, sender: new Sender(output as unknown as Output) };
}

function streamWith(sendWindow: number): ServerStream {
  return { id: 1, sendWindow } as ServerStream;
}

describe('Sender', () => {
  it('sends large headers in several frames, of which the first may end the stream', () => {
    const { sent, sender } = sending();
    sender.headers(1, headerBlock([['text', 'x'.repeat(20_000)]], { common: false }), true);
    assert.deepEqual(
      sent.map(({ type, flags: set }) => [type, set]),
      [
        [frameTypes.HEADERS, flags.END_STREAM],
        [frameTypes.CONTINUATION, flags.END_HEADERS],
      ],
    );
    assert.equal(sent[0]?.bytes, 16_384);
  });

  it('sends as much data as frames, windows and the socket allow', () => {
    const { sent, output, sender } = sending();
    const [small, large] = [streamWith(100), streamWith(1_000_000)];
    const bytes = Buffer.alloc(100_000);
    assert.equal(sender.data(small, bytes, 0), 100);
    assert.equal(small.sendWindow, 0);
    assert.equal(sender.data(large, bytes, 100), 65_535 - 100);
    assert.ok(sent.every((frame) => frame.bytes <= 16_384));
    assert.equal(sender.data(large, bytes, 0), 0);
    sender.widen(50);
    output.congested = true;
    assert.equal(sender.data(large, bytes, 0), 0);
    output.congested = false;
    assert.equal(sender.data(large, bytes, 0), 50);
  });
});
