import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { resolveNativeOptions } from './options.js';

describe('the options of native', () => {
  it('have defaults, and a root in its shortest form', () => {
    const { root, durability, fileList, projectIdBase } = resolveNativeOptions({ root: '/a/../b' });
    assert.deepEqual([root, durability, fileList, projectIdBase], ['/b', 'full', false, 1_610_612_736]);
    assert.ok(Object.isFrozen(resolveNativeOptions({ root: '/b' })));
    assert.equal(resolveNativeOptions({ root: '/b', durability: 'none' }).durability, 'none');
  });

  it('refuse a root that is no absolute path', () => {
    assert.throws(() => resolveNativeOptions({ root: 'b' }), InvalidArgumentError);
  });
});
