import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { CanceledError, NotFoundError } from '../../errors/index.js';
import { ActiveCalls } from './active-calls.js';
import type { StreamMethod } from './service.js';
import { createStatusMapper } from './status.js';
import { pumpStream, type ResponseSink } from './stream-pump.js';

const log = { warn: () => {}, error: () => {} };

/** Pumps a stream into a sink that takes each message when it is told so, or at once. */
function pumping(source: () => AsyncIterable<unknown>, taken: () => Promise<void> = async () => {}) {
  const calls = new ActiveCalls();
  const call = calls.begin({ path: '/s/m', namespace: undefined, lease: undefined });
  const said: unknown[] = [];
  const sink: ResponseSink = {
    send: (response) => {
      said.push(response);
      return taken();
    },
    end: () => void said.push('end'),
    fail: ({ code }) => void said.push(`failed ${code}`),
  };
  const method: StreamMethod = {
    type: 'stream',
    path: '/s/M',
    endless: false,
    handler: source,
    decodeRequest: (bytes) => bytes,
    encodeResponse: () => Buffer.alloc(0),
  };
  const runtime = { calls, log, statusOf: createStatusMapper(log) };
  return { call, calls, said, done: pumpStream({ method, request: undefined, call }, sink, runtime) };
}

describe('pumpStream', () => {
  it('sends what the source has, and its end', async () => {
    const { said, calls, done } = pumping(async function* () {
      yield 1;
      yield 2;
    });
    await done;
    assert.deepEqual(said, [1, 2, 'end']);
    assert.equal(calls.size, 0);
  });

  it('sends the error of the source', async () => {
    const { said, done } = pumping(async function* () {
      yield 1;
      throw new NotFoundError('x');
    });
    await done;
    assert.deepEqual(said, [1, 'failed 5']);
  });

  it('draws one message more than the client has taken', async () => {
    const gate = deferred();
    let drawn = 0;
    const source = async function* () {
      for (;;) yield ++drawn;
    };
    const { call, said, done } = pumping(source, () => gate.promise);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([drawn, said], [2, [1]]);
    call.abort(new CanceledError(''));
    await done;
    assert.deepEqual(said, [1, 'failed 1']);
  });

  it('lets go of a source that does not end when the call is aborted', async () => {
    let left = false;
    const source = () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<unknown>>(() => {}),
        return: async () => {
          left = true;
          return { done: true as const, value: undefined };
        },
      }),
    });
    const { call, calls, said, done } = pumping(source);
    call.abort(new CanceledError(''));
    await done;
    assert.deepEqual([said, left, calls.size], [['failed 1'], true, 0]);
  });
});
