import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { CanceledError, DeadlineExceededError, InternalError, UnavailableError } from '../../errors/index.js';
import { MessageStream } from './message-stream.js';

const failure = new InternalError('what the daemon said');

/** A call whose other side is the test. As with grpc-js, to cancel it is to have it fail and be over. */
function begin(signal?: AbortSignal) {
  const messages = new PassThrough({ objectMode: true });
  let ended = 0;
  let cancelled = 0;
  const fail = () => {
    if (messages.destroyed) return;
    messages.destroy(new Error('1 CANCELLED'));
    messages.emit('status', {});
  };
  const cancel = () => {
    cancelled += 1;
    fail();
  };
  const call = Object.assign(messages, { cancel }) as unknown as ClientReadableStream<number>;
  const errorOf = (_error: ServiceError) => failure;
  const stream = new MessageStream(call, { signal, errorOf, onEnd: () => ended++ });
  return { stream, messages, fail, ended: () => ended, cancelled: () => cancelled };
}

async function collect(stream: AsyncIterable<number>): Promise<number[]> {
  const got: number[] = [];
  for await (const message of stream) got.push(message);
  return got;
}

describe('a stream of messages', () => {
  it('gives all of them, and ends', async () => {
    const { stream, messages } = begin();
    messages.write(1);
    messages.end(2);
    assert.deepEqual(await collect(stream), [1, 2]);
  });

  it('throws what a failed call means', async () => {
    const { stream, fail, ended } = begin();
    const collected = collect(stream);
    fail();
    await assert.rejects(collected, failure);
    assert.equal(ended(), 1);
  });

  it('throws it too when the call failed before anybody listened', async () => {
    const { stream, fail } = begin();
    fail();
    await new Promise(setImmediate);
    await assert.rejects(collect(stream), failure);
  });

  it('cancels the call when it is left', async () => {
    const { stream, messages, cancelled } = begin();
    messages.write(1);
    for await (const message of stream) {
      assert.equal(message, 1);
      break;
    }
    assert.ok(cancelled() > 0);
  });

  it('throws the reason when this side ends it, the first one', async () => {
    const { stream } = begin();
    const collected = collect(stream);
    stream.abort(new UnavailableError('the client is closed'));
    stream.abort(new CanceledError('later'));
    await assert.rejects(collected, new UnavailableError('the client is closed'));
  });

  it('throws what became of its signal', async () => {
    const leaving = new AbortController();
    const left = collect(begin(leaving.signal).stream);
    leaving.abort();
    await assert.rejects(left, CanceledError);
    const late = new AbortController();
    const collected = collect(begin(late.signal).stream);
    late.abort(new DOMException('late', 'TimeoutError'));
    await assert.rejects(collected, DeadlineExceededError);
  });

  it('does not listen to its signal any longer when the call is over', async () => {
    const controller = new AbortController();
    const { stream, messages, cancelled } = begin(controller.signal);
    messages.end(1);
    assert.deepEqual(await collect(stream), [1]);
    messages.emit('status', {});
    const before = cancelled();
    controller.abort();
    assert.equal(cancelled(), before);
  });
});
