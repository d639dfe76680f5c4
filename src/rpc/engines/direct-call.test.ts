import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deferred } from '../../../tests/support/deferred.js';
import { NotFoundError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { ActiveCalls } from './active-calls.js';
import { DirectCall } from './direct-call.js';
import { frameOf } from './message-frame.js';
import type { UnaryMethod } from './service.js';
import { createStatusMapper } from './status.js';

const log = { warn: () => {}, error: () => {} };
const request = frameOf(Buffer.from('request'));

/** Begins a call of a handler, on a stream that notes what is said on it. */
function begin(handler: (request: unknown, call: CallContext) => unknown, headers: Record<string, string> = {}) {
  const said: string[] = [];
  const released = deferred();
  const method: UnaryMethod = {
    type: 'unary',
    path: '/s/M',
    handler,
    decodeRequest: (bytes) => Buffer.from(bytes).toString(),
    encodeResponse: (response) => Buffer.from(String(response)),
  };
  const stream = {
    headers: { method: 'POST', path: method.path, get: (name: string) => headers[name] },
    respond: () => void said.push('begin'),
    write: async () => {},
    finish: (bytes: Buffer) => void said.push(bytes.subarray(5).toString(), 'end'),
    end: ({ fields }: { fields: readonly (readonly [string, string])[] }) =>
      void said.push(`status ${new Map(fields).get('grpc-status')}`),
    release: () => released.resolve(),
  };
  const calls = new ActiveCalls();
  const runtime = { calls, log, statusOf: createStatusMapper(log) };
  const call = new DirectCall({ stream, method, runtime, largestMessage: 100 });
  return { call, calls, said, released: released.promise };
}

describe('DirectCall', () => {
  it('answers with what the handler gives, now or later', async () => {
    for (const handler of [(text: unknown) => `got ${text}`, async (text: unknown) => `got ${text}`]) {
      const { call, calls, said, released } = begin(handler);
      assert.equal(calls.size, 1);
      call.body(request);
      await released;
      assert.deepEqual([said, calls.size], [['begin', 'got request', 'end'], 0]);
    }
  });

  it('answers with what the handler throws, now or later', async () => {
    const fail = (): never => {
      throw new NotFoundError('k');
    };
    for (const handler of [fail, async () => fail()]) {
      const { call, calls, said, released } = begin(handler);
      call.body(request);
      await released;
      assert.deepEqual([said, calls.size], [['status 5'], 0]);
    }
  });

  it('refuses an answer that is too large', async () => {
    const { call, said, released } = begin(() => 'x'.repeat(101));
    call.body(request);
    await released;
    assert.deepEqual(said, ['status 8']);
  });

  it('refuses a request that is too large, and does not look at it again', async () => {
    const { call, said, released } = begin(() => assert.fail('it was served'));
    call.overflow(Buffer.from([0, 0, 0, 1, 0]));
    call.body(request);
    await released;
    assert.deepEqual(said, ['status 8']);
  });

  it('is over when its client is gone before the request came', async () => {
    const { call, calls, said, released } = begin(() => assert.fail('it was served'));
    call.gone();
    await released;
    assert.deepEqual([said, calls.size], [[], 0]);
  });

  it('tells its handler that the client is gone, and waits for it', async () => {
    const gate = deferred();
    let aborted: boolean | undefined;
    const { call, calls, released } = begin(async (_, { signal }) => {
      await gate.promise;
      aborted = signal?.aborted;
    });
    call.body(request);
    call.gone();
    assert.equal(calls.size, 1);
    gate.resolve();
    await released;
    assert.deepEqual([aborted, calls.size], [true, 0]);
  });

  it('answers when its time is over, whether the request has come or not', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const waiting = begin(() => assert.fail('it was served'), { 'grpc-timeout': '1S' });
    const gate = deferred();
    const serving = begin(() => gate.promise, { 'grpc-timeout': '1S' });
    serving.call.body(request);
    t.mock.timers.tick(1000);
    assert.deepEqual([waiting.said, serving.said], [['status 4'], ['status 4']]);
    assert.deepEqual([waiting.calls.size, serving.calls.size], [0, 1]);
    gate.resolve();
    await serving.released;
    assert.equal(serving.calls.size, 0);
  });

  it('refuses a timeout that is none', () => {
    assert.deepEqual(begin(() => undefined, { 'grpc-timeout': 'soon' }).said, ['status 13']);
  });
});
