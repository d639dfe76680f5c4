import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError, UnavailableError } from '../../errors/index.js';
import { ActiveCalls } from './active-calls.js';

const origin = { path: '/s/m', namespace: 'ns', lease: undefined };
const reason = new CanceledError('');

describe('ActiveCalls', () => {
  it('tells a handler what the client said, and no more', () => {
    const calls = new ActiveCalls();
    const { context } = calls.begin(origin);
    assert.equal(context.namespace, 'ns');
    assert.equal('lease' in context, false);
    assert.equal(calls.begin({ ...origin, lease: 'l' }).context.lease, 'l');
  });

  it('aborts the signal of a call, whether it was asked for before or after', () => {
    const calls = new ActiveCalls();
    const [before, after] = [calls.begin(origin), calls.begin(origin)];
    const early = before.context.signal;
    calls.abortAll(reason);
    assert.equal(early?.reason, reason);
    assert.equal(after.context.signal?.reason, reason);
    assert.equal(before.context.abortReason?.(), reason);
  });

  it('leaves a call alone that has ended, and keeps the first reason of one that has not', () => {
    const calls = new ActiveCalls();
    const [ended, twice] = [calls.begin(origin), calls.begin(origin)];
    ended.end();
    ended.abort(reason);
    assert.equal(ended.reason, undefined);
    twice.abort(reason);
    twice.abort(new UnavailableError('later'));
    assert.equal(twice.reason, reason);
  });

  it('counts them, and says when none is left', async () => {
    const calls = new ActiveCalls();
    await calls.idle();
    const [one, two] = [calls.begin(origin), calls.begin(origin)];
    assert.equal(calls.size, 2);
    let idle = false;
    const waiting = calls.idle().then(() => {
      idle = true;
    });
    one.end();
    await Promise.resolve();
    assert.equal(idle, false);
    two.end();
    await waiting;
    assert.equal(calls.size, 0);
  });

  it('says what they are about, once the request is there', () => {
    const calls = new ActiveCalls();
    const [prepare, list] = [calls.begin(origin), calls.begin({ ...origin, path: '/s/list' })];
    prepare.request = { snapshotter: 'overlayfs', key: 'k', parent: 'base' };
    const [first, second, ...more] = calls.describe();
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...first, age: 0 },
      { path: '/s/m', namespace: 'ns', key: 'k', snapshotter: 'overlayfs', age: 0 },
    );
    assert.deepEqual({ ...second, age: 0 }, { path: '/s/list', namespace: 'ns', age: 0 });
    list.end();
    assert.equal(calls.describe().length, 1);
  });

  it('ends endless streams, those that begin later too, and no others', () => {
    const calls = new ActiveCalls();
    const [endless, other] = [calls.begin({ ...origin, endless: true }), calls.begin(origin)];
    calls.endStreams(reason);
    assert.equal(endless.reason, reason);
    assert.equal(calls.begin({ ...origin, endless: true }).reason, reason);
    assert.equal(other.reason, undefined);
    assert.equal(calls.begin(origin).reason, undefined);
  });
});
