import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answerPing, sendGoAway, sendPing, sendReset } from './control-frames.js';
import { flags, frameTypes } from './frames.js';
import type { OutgoingFrame, Output } from './output.js';

function noting() {
  const sent: [OutgoingFrame, string][] = [];
  const output: Pick<Output, 'frame'> = {
    frame: (frame, payload, start = 0, end = payload.length) =>
      void sent.push([frame, payload.toString('hex', start, end)]),
  };
  return { sent, output: output as Output };
}

const ping = { type: frameTypes.PING, flags: 0, stream: 0, bytes: Buffer.from('_12345678_'), start: 1, end: 9 };

describe('control frames', () => {
  it('name the stream or the last one, and the code', () => {
    const { sent, output } = noting();
    sendReset(output, 7, 'CANCEL');
    sendGoAway(output, { lastStream: 9, code: 'ENHANCE_YOUR_CALM', text: 'A' });
    sendPing(output);
    assert.deepEqual(sent, [
      [{ type: frameTypes.RST_STREAM, flags: 0, stream: 7 }, '00000008'],
      [{ type: frameTypes.GOAWAY, flags: 0, stream: 0 }, '000000090000000b41'],
      [{ type: frameTypes.PING, flags: 0, stream: 0 }, '0000000000000000'],
    ]);
  });

  it('answer a ping with its own bytes, and an answer with nothing', () => {
    const { sent, output } = noting();
    answerPing(output, ping);
    answerPing(output, { ...ping, flags: flags.ACK });
    assert.deepEqual(sent, [[{ type: frameTypes.PING, flags: flags.ACK, stream: 0 }, '3132333435363738']]);
    assert.throws(() => answerPing(output, { ...ping, end: 8 }), { code: 'FRAME_SIZE_ERROR' });
    assert.throws(() => answerPing(output, { ...ping, stream: 1 }), { code: 'PROTOCOL_ERROR' });
  });
});
