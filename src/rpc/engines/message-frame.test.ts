import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { announcedLength, frameOf, unframe } from './message-frame.js';

const message = Buffer.from('a message');
const largestMessage = 100;

function flagged(flag: number, bytes: Buffer): Buffer {
  const framed = frameOf(bytes);
  framed[0] = flag;
  return framed;
}

describe('unframe', () => {
  it('gives the message of a frame', () => {
    assert.deepEqual(unframe(frameOf(message), { encoding: undefined, largestMessage }), message);
    assert.deepEqual(unframe(frameOf(message), { encoding: 'gzip', largestMessage }), message);
    assert.deepEqual(unframe(frameOf(Buffer.alloc(0)), { encoding: undefined, largestMessage }), Buffer.alloc(0));
  });

  it('decompresses it', async () => {
    assert.deepEqual(await unframe(flagged(1, gzipSync(message)), { encoding: 'gzip', largestMessage }), message);
    assert.deepEqual(await unframe(flagged(1, deflateSync(message)), { encoding: 'deflate', largestMessage }), message);
  });

  const refused: Record<string, readonly [code: number, body: Buffer, encoding?: string]> = {
    'no frame': [12, Buffer.alloc(0)],
    'half a frame': [12, Buffer.alloc(4)],
    'half a message': [12, frameOf(message).subarray(0, -1)],
    'two messages': [12, Buffer.concat([frameOf(message), frameOf(message)])],
    'a message that is too large': [8, frameOf(Buffer.alloc(101))],
    'the announcement of one': [8, Buffer.from([0, 0xff, 0xff, 0xff, 0xff])],
    'a flag that there is not': [13, flagged(2, message)],
    'a compressed message that does not say how': [13, flagged(1, gzipSync(message))],
    'a compressed message that says not at all': [13, flagged(1, gzipSync(message)), 'identity'],
    'a compression that is not known': [12, flagged(1, message), 'snappy'],
    'a compressed message that is damaged': [13, flagged(1, gzipSync(message).subarray(0, 12)), 'gzip'],
    'a compressed message that unpacks to too much': [8, flagged(1, gzipSync(Buffer.alloc(101))), 'gzip'],
  };
  for (const [name, [code, body, encoding]] of Object.entries(refused)) {
    it(`refuses ${name} with ${code}`, async () => {
      const read = async (): Promise<Buffer> => unframe(body, { encoding, largestMessage });
      await assert.rejects(read(), (error: { status?: { code: number } }) => error.status?.code === code);
    });
  }
});

describe('announcedLength', () => {
  it('is known as soon as the head of a frame is there', () => {
    assert.equal(announcedLength(Buffer.from([0, 0, 0, 1])), undefined);
    assert.equal(announcedLength(Buffer.from([0, 0, 0, 1, 2])), 258);
  });
});
