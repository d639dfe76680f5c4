import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError, NotImplementedError } from '../../errors/index.js';
import { growFileSystem, requireGrowable, whyNotGrowable } from './grow-file-system.js';

describe('what is mounted', () => {
  it('becomes larger, and never smaller', () => {
    const change = { type: 'xfs', device: '/dev/loop0', before: 100, size: 99 } as const;
    assert.throws(() => requireGrowable(change), FailedPreconditionError);
    if (whyNotGrowable('xfs') === undefined) requireGrowable({ ...change, size: 101 });
  });

  it('has to be of a kind that can', async () => {
    await assert.rejects(growFileSystem({ type: 'ext4', point: '/proc', size: 2 ** 20 }), NotImplementedError);
  });
});
