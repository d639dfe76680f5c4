import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import { labelsOf, maxInodesLabel, maxSizeLabel } from '../index.js';
import { MIB, open, sized } from './limiter.test.rig.js';

describe('the limits of a new snapshot', () => {
  it('are set when an active snapshot is made, not for what nobody writes', async (t) => {
    const { driver, snapshotter } = await open(t, { defaults: { inodes: 100 } });
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    await snapshotter.commit({ key: 'a', name: 'layer' });
    await snapshotter.view({ key: 'v', parent: 'layer', labels: sized('1M') });
    await snapshotter.prepare({ key: 'child', parent: 'layer' });
    assert.deepEqual([...driver.limits.values()], [{ bytes: MIB, inodes: 100 }, {}, { inodes: 100 }]);
    assert.equal((await snapshotter.stat('layer')).labels.has(maxSizeLabel), false);
  });

  it('must be readable, also on views, and leave nothing otherwise', async (t) => {
    const { driver, snapshotter } = await open(t);
    await assert.rejects(snapshotter.prepare({ key: 'a', labels: sized('lots') }), InvalidArgumentError);
    await assert.rejects(snapshotter.view({ key: 'v', labels: sized('lots') }), InvalidArgumentError);
    await snapshotter.prepare({ key: 'b' });
    await assert.rejects(snapshotter.update({ name: 'b', labels: sized('-1') }), InvalidArgumentError);
    assert.deepEqual([...driver.files], ['1']);
  });

  it('are refused where they cannot be kept, or reported when that is configured', async (t) => {
    for (const policy of ['strict', 'warn'] as const) {
      const { driver, snapshotter, reported } = await open(t, { policy });
      driver.limitSupport = { bytes: false, inodes: true, reason: 'quota is off' };
      const labels = labelsOf({ [maxSizeLabel]: '1M', [maxInodesLabel]: '7' });
      const prepared = snapshotter.prepare({ key: 'a', labels });
      if (policy === 'strict') {
        await assert.rejects(prepared, {
          name: 'FailedPreconditionError',
          message: 'failed to create snapshot: cannot keep a size limit: quota is off: failed precondition',
        });
        assert.equal(driver.files.size, 0);
        await snapshotter.prepare({ key: 'a' });
        await assert.rejects(snapshotter.update({ name: 'a', labels }), FailedPreconditionError);
        assert.equal((await snapshotter.stat('a')).labels.has(maxSizeLabel), false);
      } else {
        await prepared;
        assert.deepEqual(driver.limits.get('1'), { inodes: 7 });
        assert.match(String(reported), /^keep a size limit; going on without it, as configured: .*quota is off/);
      }
    }
  });
});
