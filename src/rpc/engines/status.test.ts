import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataLossError, NotFoundError } from '../../errors/index.js';
import { createStatusMapper, StatusError } from './status.js';

function mapping() {
  const logged: string[] = [];
  const statusOf = createStatusMapper({
    warn: (_, message) => void logged.push(message),
    error: (_, message) => void logged.push(message),
  });
  return { logged, map: (thrown: unknown) => statusOf(thrown, '/s/M') };
}

describe('createStatusMapper', () => {
  it('gives an error of ours the code of its class, and tells nobody', () => {
    const { logged, map } = mapping();
    assert.deepEqual(map(new NotFoundError('snapshot k')), { code: 5, details: 'snapshot k: not found' });
    assert.deepEqual(logged, []);
  });

  it('sends a status as it is', () => {
    const { logged, map } = mapping();
    assert.deepEqual(map(new StatusError({ code: 12, message: 'no' })), { code: 12, details: 'no' });
    assert.deepEqual(logged, []);
  });

  it('tells the operator of damage and of defects', () => {
    const { logged, map } = mapping();
    assert.equal(map(new DataLossError('file')).code, 15);
    assert.equal(map(new TypeError('x is undefined')).code, 2);
    assert.equal(logged.length, 2);
    assert.match(logged[1] ?? '', /^\/s\/M failed: x is undefined/);
  });

  it('shortens a long text in its middle, in whole characters', () => {
    const { details } = mapping().map(new NotFoundError('\u00e9'.repeat(100_000)));
    assert.ok(Buffer.byteLength(details) < 17_000);
    assert.match(details, /^\u00e9+\ufffd? \[\.\.\.\] \ufffd?\u00e9+: not found$/);
  });

  it('replaces half characters', () => {
    assert.equal(mapping().map(new NotFoundError('\ud800')).details, '\ufffd: not found');
  });
});
