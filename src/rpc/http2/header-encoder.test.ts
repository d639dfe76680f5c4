import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderEncoder, headerBlock } from './header-encoder.js';
import { HeaderDecoder } from './hpack/decoder.js';

const answer = headerBlock(
  [
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ['a', 'b'],
  ],
  { common: true },
);
const trailers = headerBlock([['grpc-status', '0']], { common: true });
const error = headerBlock(
  [
    ['grpc-status', '5'],
    ['grpc-message', 'x'],
  ],
  { common: false },
);

/** What a peer makes of block after block. */
function exchange() {
  const encoder = new HeaderEncoder();
  const decoder = new HeaderDecoder();
  const send = (block: typeof answer): number => {
    const bytes = encoder.encode(block);
    const fields: (readonly [string, string])[] = [];
    decoder.decode(bytes, { start: 0, end: bytes.length }, (name, value) => fields.push([name, value]));
    assert.deepEqual(fields, block.fields);
    return bytes.length;
  };
  return { encoder, send };
}

describe('HeaderEncoder', () => {
  it('sends what is common in a byte per field once the peer knows it', () => {
    const { send } = exchange();
    assert.ok(send(answer) > 10);
    assert.ok(send(trailers) > 10);
    for (let round = 0; round < 3; round++) {
      assert.equal(send(answer), 3);
      send(error);
      assert.equal(send(trailers), 1);
    }
  });

  it('uses no memory of a peer that has less of it', () => {
    const { encoder, send } = exchange();
    send(answer);
    encoder.forget();
    const announced = send(trailers);
    assert.ok(announced > 1);
    assert.equal(send(trailers), announced - 1);
    assert.ok(send(answer) > 10);
  });
});
