import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCapability } from './capabilities.js';

describe('hasCapability', () => {
  it('reads those that are in force', () => {
    const status = 'Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000010000000005\n';
    assert.deepEqual(
      [0, 1, 2, 40, 41].map((bit) => hasCapability(status, bit)),
      [true, false, true, true, false],
    );
    assert.equal(hasCapability('', 0), false);
  });
});
