import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { projectQuota } from './project-quota.js';

describe('projectQuota', () => {
  it('says why there is none; the second kernel has some', () => {
    for (const directory of ['/dev/shm', '/proc']) {
      const state = projectQuota(directory);
      assert.equal(state.quota, undefined);
      assert.match(String('reason' in state && state.reason), /\w+ \w+/);
    }
  });
});
