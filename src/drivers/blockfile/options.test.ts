import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { resolveBlockfileOptions } from './options.js';

describe('the options of blockfile', () => {
  it('have defaults', () => {
    const { faults: _faults, ...rest } = resolveBlockfileOptions({ root: '/a/./b' });
    assert.deepEqual(rest, {
      root: '/a/b',
      fsType: 'ext4',
      scratchFile: '',
      recreateScratch: false,
      mountOptions: ['loop'],
      defaultSize: 10 * 2 ** 30,
      durability: 'full',
      fileList: false,
    });
  });

  it('mount through a loop device, and take copies of a xfs', () => {
    const optionsOf = (mountOptions: readonly string[]) =>
      resolveBlockfileOptions({ root: '/a', fsType: 'xfs', mountOptions }).mountOptions;
    assert.deepEqual(optionsOf(['noatime']), ['noatime', 'loop', 'nouuid']);
    assert.deepEqual(optionsOf(['nouuid', 'loop']), ['nouuid', 'loop']);
  });

  it('refuse what cannot be', () => {
    assert.throws(() => resolveBlockfileOptions({ root: 'a' }), InvalidArgumentError);
    assert.throws(() => resolveBlockfileOptions({ root: '/a', scratchFile: 'b' }), InvalidArgumentError);
    for (const option of ['', 'ro', 'rw', 'a,b']) {
      assert.throws(() => resolveBlockfileOptions({ root: '/a', mountOptions: [option] }), InvalidArgumentError);
    }
    for (const defaultSize of [0, -1, 1.5]) {
      assert.throws(() => resolveBlockfileOptions({ root: '/a', defaultSize }), InvalidArgumentError);
    }
  });
});
