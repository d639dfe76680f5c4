import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxInodesLabel, maxSizeLabel } from '../snapshots/api/index.js';
import { UsageError } from './failure.js';
import { type LimitFlags, limitLabels } from './limit-flags.js';

describe('limits on a command line', () => {
  it('become labels as they are written', () => {
    assert.deepEqual([...limitLabels({})], []);
    assert.deepEqual(
      [...limitLabels({ size: '512MiB', inodes: '1M' })],
      [
        [maxSizeLabel, '512MiB'],
        [maxInodesLabel, '1M'],
      ],
    );
    assert.deepEqual([...limitLabels({ size: 'none' })], [[maxSizeLabel, 'none']]);
    assert.deepEqual([...limitLabels({ inodes: 'none' })], [[maxInodesLabel, 'none']]);
  });

  const wrong: readonly (readonly [LimitFlags, string])[] = [
    [{ size: 'big' }, '--size: want a number of bytes such as 10G, or none, got "big"'],
    [{ size: '' }, '--size: want a number of bytes such as 10G, or none, got ""'],
    [{ size: '-1' }, '--size: want a number of bytes such as 10G, or none, got "-1"'],
    [{ inodes: '1,5' }, '--inodes: want a number such as 100000 or 1M, or none, got "1,5"'],
    [{ size: '1G', inodes: '1 million' }, '--inodes: want a number such as 100000 or 1M, or none, got "1 million"'],
  ];
  for (const [flags, message] of wrong) {
    it(`are not ${JSON.stringify(flags)}`, () => assert.throws(() => limitLabels(flags), new UsageError(message)));
  }
});
