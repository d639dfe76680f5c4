import assert from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { describeErrno, hasErrno, systemCallError } from './system-error.js';

describe('systemCallError', () => {
  it('is as one of Node itself', () => {
    const ours = systemCallError('lstat', constants.errno.ENOENT, '/no/such');
    try {
      lstatSync('/no/such');
      assert.fail('there is such a file');
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.equal(ours.message, error.message);
      assert.deepEqual({ ...ours }, { ...error });
    }
  });

  it('knows what libuv has no name for', () => {
    assert.equal(systemCallError('write', constants.errno.EDQUOT).message, 'EDQUOT: disk quota exceeded, write');
    assert.equal(systemCallError('odd', 4000).code, 'E4000');
    assert.equal(describeErrno(4000), 'error 4000');
  });
});

describe('hasErrno', () => {
  it('asks for symbolic names', () => {
    const error = systemCallError('mount', constants.errno.EBUSY);
    assert.equal(hasErrno(error, 'ENOENT', 'EBUSY'), true);
    for (const other of [
      hasErrno(error, 'ENOENT'),
      hasErrno('EBUSY', 'EBUSY'),
      hasErrno(new Error('EBUSY'), 'EBUSY'),
    ]) {
      assert.equal(other, false);
    }
  });
});
