import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { isMountPoint } from './mount-point.js';

describe('isMountPoint', () => {
  it('is what has a file system of its own', () => {
    assert.equal(isMountPoint('/proc'), true);
    assert.equal(isMountPoint('/proc/self'), false);
    assert.equal(isMountPoint('/proc/no such'), false);
    assert.equal(isMountPoint(`${tmpdir()}/no such`), false);
  });
});
