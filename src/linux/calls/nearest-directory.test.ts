import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { nearestDirectory } from './nearest-directory.js';

it('the nearest directory is the one itself, or one above it, the root at the latest', () => {
  assert.equal(nearestDirectory(tmpdir()), tmpdir());
  assert.equal(nearestDirectory(join(tmpdir(), 'strata-none', 'of-these')), tmpdir());
  assert.equal(nearestDirectory('/no/such/thing'), '/');
  assert.equal(nearestDirectory('/proc/self/status'), '/proc/self');
  assert.equal(nearestDirectory('/proc/self/status/x'), '/proc/self');
});
