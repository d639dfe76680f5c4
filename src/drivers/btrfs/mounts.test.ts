import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { type DriverSnapshot, noLabels } from '../../snapshots/index.js';
import { btrfsMounts } from './mounts.js';

const place = { device: '/dev/vdb', pathInside: '/strata' };
const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

describe('btrfs mounts', () => {
  const cases: readonly (readonly [string, Partial<DriverSnapshot>, readonly string[]])[] = [
    ['active without parents', {}, ['subvol=/strata/active/9']],
    ['active over two', { parentIds: ['4', '2'] }, ['subvol=/strata/active/9']],
    ['view without parents', { kind: 'view' }, ['subvol=/strata/view/9', 'ro']],
    ['view over two', { kind: 'view', parentIds: ['4', '2'] }, ['subvol=/strata/snapshots/4', 'ro']],
  ];
  for (const [name, of, options] of cases) {
    it(name, () => {
      const wanted = [{ type: 'btrfs', source: '/dev/vdb', target: '', options }];
      assert.deepEqual(btrfsMounts(snapshot(of), place), wanted);
    });
  }

  it('not for committed ones', () => {
    assert.throws(() => btrfsMounts(snapshot({ kind: 'committed' }), place), FailedPreconditionError);
  });
});
