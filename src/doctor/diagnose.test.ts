import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { doctorFacts } from '../../tests/support/doctor-facts.js';
import { diagnose } from './diagnose.js';

describe('the default snapshotter of a diagnosis', () => {
  it('is that of the daemon when one runs', () => {
    const exports = new Map([
      ['name', 'native'],
      ['reason', 'it is configured'],
    ]);
    const plugins = [{ type: 'io.strata.default.v1', id: 'snapshotter', skipped: false, capabilities: [], exports }];
    assert.deepEqual(diagnose(doctorFacts({ daemon: { plugins } })).defaultSnapshotter, {
      name: 'native',
      reason: 'it is configured',
    });
  });

  it('is what would be chosen otherwise, with the reason', () => {
    const { defaultSnapshotter } = diagnose(doctorFacts({ overlay: { mounts: 'fails', problem: 'EINVAL' } }));
    assert.equal(defaultSnapshotter.name, 'native');
    assert.match(
      defaultSnapshotter.reason,
      /overlayfs does not work here \(overlay cannot be mounted.*EINVAL\), btrfs/,
    );
  });
});
