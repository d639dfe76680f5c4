import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { labelsOf } from '../api/labels.js';
import { limitsFromLabels, maxInodesLabel, maxSizeLabel, parseByteLimit, parseInodeLimit } from './limits.js';

describe('the text of a limit', () => {
  const sizes: readonly [string, number | undefined][] = [
    ['1', 1],
    ['4096', 4096],
    ['4096B', 4096],
    ['10G', 10 * 2 ** 30],
    ['10g', 10 * 2 ** 30],
    ['10GB', 10 * 2 ** 30],
    ['10GiB', 10 * 2 ** 30],
    ['10 GiB', 10 * 2 ** 30],
    ['1.5K', 1536],
    ['7P', 7 * 2 ** 50],
    ['8P', undefined],
    ['0', undefined],
    ['0.1', undefined],
    ['-1', undefined],
    ['', undefined],
    ['G', undefined],
    ['1X', undefined],
    ['1iB', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    [' 1', undefined],
    ['1\n', undefined],
  ];
  for (const [text, want] of sizes) it(`${JSON.stringify(text)} bytes`, () => assert.equal(parseByteLimit(text), want));

  const counts: readonly [string, number | undefined][] = [
    ['100000', 100_000],
    ['1M', 1_000_000],
    ['1.5k', 1500],
    ['1MiB', undefined],
    ['0', undefined],
    ['many', undefined],
  ];
  for (const [text, want] of counts)
    it(`${JSON.stringify(text)} inodes`, () => assert.equal(parseInodeLimit(text), want));

  it('is read from labels, with defaults behind them', () => {
    const defaults = { bytes: 5, inodes: 6 };
    assert.deepEqual(limitsFromLabels(labelsOf({})), {});
    assert.deepEqual(limitsFromLabels(labelsOf({}), defaults), defaults);
    assert.deepEqual(limitsFromLabels(labelsOf({ [maxSizeLabel]: '1K' }), defaults), { bytes: 1024, inodes: 6 });
    assert.deepEqual(limitsFromLabels(labelsOf({ [maxSizeLabel]: 'none', [maxInodesLabel]: '2k' }), defaults), {
      inodes: 2000,
    });
    assert.throws(() => limitsFromLabels(labelsOf({ [maxSizeLabel]: 'lots' })), {
      name: 'InvalidArgumentError',
      message:
        'label containerd.io/snapshot/max-size="lots": want a number of bytes such as "10G" or "536870912", more than zero, or "none": invalid argument',
    });
    assert.throws(() => limitsFromLabels(labelsOf({ [maxInodesLabel]: '0' })), InvalidArgumentError);
  });
});
