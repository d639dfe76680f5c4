import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { type DriverSnapshot, labelsOf, noLabels, parentChainLabel } from '../../snapshots/index.js';
import { type MountSettings, overlayMounts } from './overlay-mounts.js';

const settings: MountSettings = {
  places: {
    upper: (id) => `/u${id}`,
    work: (id) => `/w${id}`,
    lowers: ({ parentIds }) => parentIds.map((id) => `/l${id}`),
    empty: '/empty',
  },
  overlayOptions: ['index=off'],
  remapIds: true,
};

const maps = labelsOf({
  'containerd.io/snapshot/uidmapping': '0:1:2',
  'containerd.io/snapshot/gidmapping': '0:3:4',
});

const awaiting = labelsOf({ [parentChainLabel]: 'sha256:0a1b' });
const plain = ['overlay', 'overlay', 'workdir=/w9', 'upperdir=/u9', 'lowerdir=/empty'];

describe('overlayMounts', () => {
  const cases: readonly [string, Partial<DriverSnapshot>, Partial<MountSettings>, readonly string[]][] = [
    ['active, alone', {}, {}, ['bind', '/u9', 'rw', 'rbind']],
    ['view, alone', { kind: 'view' }, {}, ['bind', '/u9', 'ro', 'rbind']],
    ['view over one', { kind: 'view', parentIds: ['4'] }, {}, ['bind', '/l4', 'ro', 'rbind']],
    [
      'active over two',
      { parentIds: ['4', '2'] },
      {},
      ['overlay', 'overlay', 'workdir=/w9', 'upperdir=/u9', 'lowerdir=/l4:/l2', 'index=off'],
    ],
    [
      'view over two',
      { kind: 'view', parentIds: ['4', '2'] },
      {},
      ['overlay', 'overlay', 'lowerdir=/l4:/l2', 'index=off'],
    ],
    ['active, with its parent to come', { labels: awaiting }, {}, [...plain, 'index=off']],
    [
      'that with maps',
      { labels: new Map([...awaiting, ...maps]) },
      {},
      ['overlay', 'overlay', 'uidmap=0:1:2', 'gidmap=0:3:4', ...plain.slice(2), 'index=off'],
    ],
    ['view, with that label', { kind: 'view', labels: awaiting }, {}, ['bind', '/u9', 'ro', 'rbind']],
    [
      'active over one, with that label',
      { parentIds: ['4'], labels: awaiting },
      {},
      [...plain.slice(0, 4), 'lowerdir=/l4', 'index=off'],
    ],
    ['with maps', { labels: maps }, {}, ['bind', '/u9', 'uidmap=0:1:2', 'gidmap=0:3:4', 'rw', 'rbind']],
    ['with maps that cannot be mounted', { labels: maps }, { remapIds: false }, ['bind', '/u9', 'rw', 'rbind']],
  ];
  for (const [name, of, change, wanted] of cases) {
    it(name, () => {
      const snapshot: DriverSnapshot = { id: '9', kind: 'active', parentIds: [], labels: noLabels, ...of };
      const [mount, ...more] = overlayMounts(snapshot, { ...settings, ...change });
      assert.deepEqual([mount?.type, mount?.source, ...(mount?.options ?? [])], wanted);
      assert.deepEqual(more, []);
    });
  }

  it('not for committed ones', () => {
    const snapshot: DriverSnapshot = { id: '9', kind: 'committed', parentIds: [], labels: noLabels };
    assert.throws(() => overlayMounts(snapshot, settings), FailedPreconditionError);
  });
});
