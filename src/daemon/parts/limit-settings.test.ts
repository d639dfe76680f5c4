import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitSettings } from './limit-settings.js';

describe('limits of the configuration', () => {
  it('are none where they are 0 or not there', () => {
    const none = { policy: 'strict', defaults: {} };
    assert.deepEqual(limitSettings({ limitPolicy: 'strict' }), none);
    assert.deepEqual(limitSettings({ limitPolicy: 'strict', defaultSizeLimit: 0, defaultInodeLimit: 0 }), none);
  });

  it('are each by itself', () => {
    const { policy, defaults } = limitSettings({ limitPolicy: 'warn', defaultSizeLimit: 1024 });
    assert.deepEqual([policy, defaults], ['warn', { bytes: 1024 }]);
    assert.deepEqual(limitSettings({ limitPolicy: 'warn', defaultInodeLimit: 5 }).defaults, { inodes: 5 });
  });
});
