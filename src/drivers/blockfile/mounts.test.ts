import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot } from '../../snapshots/index.js';
import { imageOf, type Options, open, skip, snapshot } from './driver.test.rig.js';

describe('blockfile mounts', { skip }, () => {
  const cases: readonly (readonly [string, Partial<DriverSnapshot>, Options, readonly string[]])[] = [
    ['active', { parentIds: ['4', '2'] }, {}, ['ext4', '9', 'loop', 'rw']],
    ['view without parents', { kind: 'view' }, {}, ['ext4', '9', 'loop', 'ro']],
    ['view over two', { kind: 'view', parentIds: ['4', '2'] }, {}, ['ext4', '4', 'loop', 'ro']],
    ['xfs', {}, { fsType: 'xfs' }, ['xfs', '9', 'loop', 'nouuid', 'rw']],
    ['options', {}, { mountOptions: ['direct-io', 'noatime'] }, ['ext4', '9', 'direct-io', 'noatime', 'loop', 'rw']],
  ];
  for (const [name, of, options, [type, id = '', ...rest]] of cases) {
    it(name, async (t) => {
      const driver = await open(t, options);
      assert.deepEqual(driver.mounts(snapshot(of)), [{ type, source: imageOf(driver, id), target: '', options: rest }]);
    });
  }

  it('not for committed ones', async (t) => {
    const driver = await open(t);
    assert.throws(() => driver.mounts(snapshot({ kind: 'committed' })), FailedPreconditionError);
  });
});
