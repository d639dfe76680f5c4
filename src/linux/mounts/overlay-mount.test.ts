import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLayer, lowerdirOf, overlayParameters } from './overlay-mount.js';

describe('overlayParameters', () => {
  it('has a parameter for each layer, topmost first, with those that hold only data', () => {
    const parameters = overlayParameters(['ro', 'lowerdir=/a:/b\\:c::/d::/e', 'upperdir=/u']);
    assert.deepEqual(parameters, [
      { key: 'ro' },
      { key: 'lowerdir+', value: '/a' },
      { key: 'lowerdir+', value: '/b:c' },
      { key: 'datadir+', value: '/d' },
      { key: 'datadir+', value: '/e' },
      { key: 'upperdir', value: '/u' },
    ]);
    const layers = parameters.filter(isLayer);
    assert.equal(layers.length, 4);
    assert.equal(lowerdirOf(layers), '/a:/b\\:c::/d::/e');
  });
});
