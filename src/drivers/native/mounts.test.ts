import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { type DriverSnapshot, noLabels } from '../../snapshots/index.js';
import { nativeMounts, treeOf } from './mounts.js';

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

describe('native mounts', () => {
  const cases: readonly (readonly [string, Partial<DriverSnapshot>, string, string])[] = [
    ['active without parents', {}, '9', 'rw'],
    ['active over two', { parentIds: ['4', '2'] }, '9', 'rw'],
    ['view without parents', { kind: 'view' }, '9', 'ro'],
    ['view over two', { kind: 'view', parentIds: ['4', '2'] }, '4', 'ro'],
  ];
  for (const [name, of, id, access] of cases) {
    it(name, () => {
      assert.equal(treeOf(snapshot(of)), id);
      const options = ['rbind', access];
      const source = `/root/snapshots/${id}`;
      assert.deepEqual(nativeMounts(snapshot(of), '/root'), [{ type: 'bind', source, target: '', options }]);
    });
  }

  it('not for committed ones', () => {
    assert.throws(() => nativeMounts(snapshot({ kind: 'committed' }), '/root'), FailedPreconditionError);
  });
});
