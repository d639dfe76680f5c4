import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ActiveCalls } from './active-calls.js';
import type { CallStream } from './call-stream.js';
import { openCall } from './open-call.js';
import type { UnaryMethod } from './service.js';
import { createStatusMapper } from './status.js';

const log = { warn: () => {}, error: () => {} };
const method: UnaryMethod = {
  type: 'unary',
  path: '/s/M',
  handler: () => undefined,
  decodeRequest: (bytes) => bytes,
  encodeResponse: () => Buffer.alloc(0),
};

/** Opens a call; gives the headers that answered it at once, if any did, and how many calls have begun. */
function open({ verb = 'POST', path = '/s/M', contentType }: { verb?: string; path?: string; contentType?: string }) {
  const answers: (readonly (readonly [string, string])[])[] = [];
  let released = false;
  const stream: CallStream = {
    headers: { method: verb, path, get: (name) => (name === 'content-type' ? contentType : undefined) },
    respond: () => assert.fail('a refusal is one block'),
    write: () => assert.fail('a refusal has no data'),
    finish: () => assert.fail('a refusal has no data'),
    end: (block) => void answers.push(block.fields),
    release: () => {
      released = true;
    },
  };
  const calls = new ActiveCalls();
  const runtime = { calls, log, statusOf: createStatusMapper(log) };
  openCall(stream, { methods: new Map([[method.path, method]]), runtime, keepaliveMs: 1, largestMessage: 1 });
  return { answer: new Map(answers[0]), begun: calls.size, released };
}

describe('openCall', () => {
  for (const contentType of ['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8']) {
    it(`begins a call of ${contentType}`, () => {
      const { answer, begun, released } = open({ contentType });
      assert.deepEqual([answer.size, begun, released], [0, 1, false]);
    });
  }

  for (const contentType of [undefined, 'text/html', 'application/grpcx', 'application/json']) {
    it(`answers 415 for ${contentType}`, () => {
      const { answer, begun, released } = open(contentType === undefined ? {} : { contentType });
      assert.deepEqual([answer.get(':status'), begun, released], ['415', 0, true]);
    });
  }

  it('answers 415 for a GET', () => {
    assert.equal(open({ verb: 'GET', contentType: 'application/grpc' }).answer.get(':status'), '415');
  });

  it('answers Unimplemented for a method that there is not', () => {
    const { answer, begun, released } = open({ path: '/s/N', contentType: 'application/grpc' });
    assert.deepEqual([answer.get(':status'), answer.get('grpc-status'), begun, released], ['200', '12', 0, true]);
  });
});
