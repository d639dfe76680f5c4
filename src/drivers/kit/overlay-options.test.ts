import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { checkMountOption, checkRoot } from './overlay-options.js';

describe('what an overlay mount can be made of', () => {
  it('roots in their shortest form', () => {
    assert.equal(checkRoot('/a/./b/../c/'), '/a/c');
    for (const bad of ['relative', '', '/a:b', '/a,b', '/a\\b', '/a\0']) {
      assert.throws(() => checkRoot(bad), InvalidArgumentError, bad);
    }
  });

  it('options that the driver does not set itself', () => {
    for (const good of ['volatile', 'metacopy=on', 'index=off']) assert.equal(checkMountOption(good), good);
    for (const bad of ['', '=on', 'a\0', 'lowerdir=/x', 'upperdir=/x', 'workdir', 'lowerdir+=/x', 'datadir+=/x']) {
      assert.throws(() => checkMountOption(bad), InvalidArgumentError, bad);
    }
  });
});
