import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { resolveErofsOptions } from './options.js';

describe('the options of erofs', () => {
  it('have defaults', () => {
    const { facts: _facts, faults: _faults, onBackgroundError, ...rest } = resolveErofsOptions({ root: '/a/./b' });
    onBackgroundError(new Error('nobody is told'));
    assert.deepEqual(rest, {
      root: '/a/b',
      mountOptions: [],
      fsverity: false,
      setImmutable: false,
      defaultSize: 0,
      durability: 'full',
      fileList: false,
    });
  });

  it('refuse roots and mount options that overlay cannot mount, and sizes that ext4 cannot have', () => {
    assert.throws(() => resolveErofsOptions({ root: '/a:b' }), InvalidArgumentError);
    assert.throws(() => resolveErofsOptions({ root: '/a', mountOptions: ['workdir=/x'] }), InvalidArgumentError);
    for (const defaultSize of [-1, 1, 8 * 2 ** 20 - 1, 1.5]) {
      assert.throws(() => resolveErofsOptions({ root: '/a', defaultSize }), InvalidArgumentError);
    }
    assert.equal(resolveErofsOptions({ root: '/a', defaultSize: 8 * 2 ** 20 }).defaultSize, 8 * 2 ** 20);
  });
});
