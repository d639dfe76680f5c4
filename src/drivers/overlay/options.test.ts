import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { resolveOverlayOptions } from './options.js';

describe('the options of overlayfs', () => {
  it('have defaults', () => {
    const {
      facts: _facts,
      faults: _faults,
      onBackgroundError,
      onFlattenError,
      ...rest
    } = resolveOverlayOptions({
      root: '/a/./b',
    });
    onBackgroundError(new Error('nobody is told'));
    onFlattenError(new Error('nobody is told'));
    assert.deepEqual(rest, {
      root: '/a/b',
      upperdirLabel: false,
      slowChown: false,
      mountOptions: [],
      durability: 'full',
      readyDirectories: 128,
      projectIdBase: 2 ** 30,
      fileList: false,
      flattenDepth: 'auto',
    });
  });

  it('refuse what overlay cannot mount, and depths that are none', () => {
    for (const root of ['relative', '/a:b', '/a,b']) {
      assert.throws(() => resolveOverlayOptions({ root }), InvalidArgumentError);
    }
    assert.throws(() => resolveOverlayOptions({ root: '/a', mountOptions: ['upperdir=/x'] }), InvalidArgumentError);
    for (const flattenDepth of [-1, 1.5, Number.NaN]) {
      assert.throws(() => resolveOverlayOptions({ root: '/a', flattenDepth }), InvalidArgumentError);
    }
  });
});
