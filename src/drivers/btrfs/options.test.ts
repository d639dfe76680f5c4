import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { resolveRoot } from './options.js';

describe('the root of btrfs', () => {
  it('is absolute, in its shortest form, and can be a mount option', () => {
    assert.equal(resolveRoot({ root: '/a/../b:c' }), '/b:c');
    for (const root of ['b', '/a,b', '/a\0']) assert.throws(() => resolveRoot({ root }), InvalidArgumentError);
  });
});
