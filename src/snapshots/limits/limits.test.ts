import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { labelsOf } from '../api/labels.js';
import { limitsFromLabels, maxInodesLabel, maxSizeLabel, parseByteLimit, parseInodeLimit } from './limits.js';

describe('the text of a limit', () => {
  const sizes: readonly [string, number | undefined][] = [
    ['4096', 4096],
    ['10G', 10 * 2 ** 30],
    ['0', undefined],
    ['0.1', undefined],
    ['lots', undefined],
  ];
  for (const [text, want] of sizes) it(`${JSON.stringify(text)} bytes`, () => assert.equal(parseByteLimit(text), want));

  const counts: readonly [string, number | undefined][] = [
    ['1M', 1_000_000],
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
