import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { metadataChildrenTable, metadataTable, namespacesTable, numbersTable } from '../../../src/metadata/index.js';
import {
  childrenTable,
  idsTable,
  noLabels,
  noUsage,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
} from '../../../src/snapshots/index.js';
import { type Key, numberCodec, type Table, type WriteTransaction } from '../../../src/store/index.js';

import type { Damage, Placed, Population } from './damage.js';

/** A table with values that its own codec cannot read. */
function damaged<K extends Key, V>({ name: table, shape }: Table<K, V>): Table<K, number> {
  return { name: table, shape, codec: numberCodec };
}

function write(change: (tx: WriteTransaction, there: Population) => void): Damage['make'] {
  return async (root, there) => {
    await root.store.write((tx) => change(tx, there));
  };
}

interface Alteration<K extends Key, V> {
  readonly table: Table<K, V>;
  readonly key: K;
  readonly change: (value: V) => V;
}

function alter<K extends Key, V>(tx: WriteTransaction, { table, key, change }: Alteration<K, V>): void {
  const value = tx.get(table, key);
  if (value === undefined) throw new Error(`nothing at ${JSON.stringify(key)}`);
  tx.put(table, key, change(value));
}

const name = 'overlayfs';
const snapshotAt = (placed: Placed) => [name, placed.backendKey] as const;
const metadataAt = (placed: Placed) => ['default', name, placed.key] as const;
const stranger: SnapshotRecord = {
  id: 999,
  kind: 'committed',
  parent: '',
  parentIds: [],
  created: 1,
  updated: 1,
  labels: noLabels,
  usage: noUsage,
};

/** Damage to records. */
export const recordDamages: readonly Damage[] = [
  {
    kind: 'unreadable-record',
    name: 'the record of a layer',
    make: write((tx, { base }) => tx.put(damaged(snapshotsTable), snapshotAt(base), 7)),
    gone: ['base', 'top', 'work', 'look'],
  },
  {
    kind: 'unreadable-record',
    name: 'the record that a namespace has of an active snapshot',
    make: write((tx, { lone }) => tx.put(damaged(metadataTable), metadataAt(lone), 7)),
    gone: ['lone'],
  },
  {
    kind: 'unreadable-record',
    name: 'the record that a namespace has of a layer with children',
    make: write((tx, { top }) => tx.put(damaged(metadataTable), metadataAt(top), 7)),
    left: ['unreadable-record'],
  },
  {
    kind: 'missing-parent',
    name: 'a layer whose parent has no record',
    make: write((tx, { base }) => void tx.remove(snapshotsTable, snapshotAt(base))),
    also: ['dangling-id-link', 'missing-backend-record'],
    gone: ['base', 'top', 'work', 'look'],
  },
  {
    kind: 'parent-not-committed',
    name: 'a layer on an active snapshot',
    make: write((tx, { base }) =>
      alter(tx, { table: snapshotsTable, key: snapshotAt(base), change: (to) => ({ ...to, kind: 'active' as const }) }),
    ),
    gone: ['top', 'work', 'look'],
    changes: 'snapshots ["overlayfs","default/2/base"]',
  },
  {
    kind: 'chain-differs',
    name: 'a chain that is too short',
    make: write((tx, { work }) =>
      alter(tx, {
        table: snapshotsTable,
        key: snapshotAt(work),
        change: (to) => ({ ...to, parentIds: to.parentIds.slice(0, 1) }),
      }),
    ),
    heals: true,
  },
  {
    kind: 'chain-differs',
    name: 'a chain that begins elsewhere',
    make: write((tx, { work }) =>
      alter(tx, { table: snapshotsTable, key: snapshotAt(work), change: (to) => ({ ...to, parentIds: [77] }) }),
    ),
    also: ['dangling-child-link', 'missing-child-link'],
    left: ['chain-differs'],
  },
  {
    kind: 'parent-differs',
    name: 'a wrong number of a parent',
    make: write((tx, { work }) => {
      const { number = 0, parentNumber = 0 } = tx.get(metadataTable, metadataAt(work)) ?? {};
      alter(tx, { table: metadataTable, key: metadataAt(work), change: (to) => ({ ...to, parentNumber: 70 }) });
      tx.remove(metadataChildrenTable, ['default', name, parentNumber, number]);
      tx.put(metadataChildrenTable, ['default', name, 70, number], work.key);
    }),
    heals: true,
  },
  {
    kind: 'parent-differs',
    name: 'another parent',
    make: write((tx, { lone, base }) =>
      alter(tx, {
        table: metadataTable,
        key: metadataAt(lone),
        change: (to) => ({ ...to, parent: base.key, parentNumber: 0 }),
      }),
    ),
    left: ['parent-differs'],
  },
  {
    kind: 'missing-child-link',
    name: 'in the snapshotter',
    make: write((tx, { top, work }) => void tx.remove(childrenTable, [name, top.id, work.id])),
    heals: true,
  },
  {
    kind: 'missing-child-link',
    name: 'in the namespace',
    make: write((tx, { work }) => {
      const { number = 0, parentNumber = 0 } = tx.get(metadataTable, metadataAt(work)) ?? {};
      tx.remove(metadataChildrenTable, ['default', name, parentNumber, number]);
    }),
    heals: true,
  },
  {
    kind: 'dangling-child-link',
    name: 'in the snapshotter',
    make: write((tx, { lone }) => tx.put(childrenTable, [name, lone.id, 901], 'nobody')),
    heals: true,
  },
  {
    kind: 'dangling-child-link',
    name: 'in the namespace',
    make: write((tx) => tx.put(metadataChildrenTable, ['default', name, 1, 901], 'nobody')),
    heals: true,
  },
  {
    kind: 'missing-id-link',
    name: 'an id that the index does not have',
    make: write((tx, { base }) => void tx.remove(idsTable, [name, base.id])),
    heals: true,
  },
  {
    kind: 'dangling-id-link',
    name: 'an id of nobody',
    make: write((tx) => tx.put(idsTable, [name, 902], 'nobody')),
    heals: true,
  },
  {
    kind: 'duplicate-id',
    name: 'two snapshots with one id',
    make: write((tx, { lone, work }) =>
      alter(tx, { table: snapshotsTable, key: snapshotAt(lone), change: (to) => ({ ...to, id: work.id }) }),
    ),
    also: ['dangling-id-link'],
    left: ['duplicate-id', 'dangling-id-link'],
  },
  {
    kind: 'id-beyond-reserved',
    name: 'a mark that is too low',
    make: write((tx, { lone }) => tx.put(reservedIdsTable, [name], lone.id - 1)),
    changes: 'snapshots.reserved-ids',
  },
  {
    kind: 'number-beyond-last',
    name: 'a number that is too low',
    make: write((tx) => tx.put(numbersTable, ['default', name], 1)),
  },
  {
    kind: 'missing-namespace',
    name: 'a namespace without a record',
    make: write((tx) => void tx.remove(namespacesTable, ['default'])),
    heals: true,
  },
  {
    kind: 'missing-backend-record',
    name: 'an active snapshot that only its namespace knows',
    make: write((tx, { lone }) => void tx.remove(snapshotsTable, snapshotAt(lone))),
    also: ['dangling-id-link'],
    gone: ['lone'],
  },
  {
    kind: 'wrong-backend-key',
    name: 'a record that leads to another snapshot',
    make: write((tx, { lone, look }) =>
      alter(tx, {
        table: metadataTable,
        key: metadataAt(lone),
        change: (to) => ({ ...to, backendKey: look.backendKey }),
      }),
    ),
    also: ['orphan-backend-record', 'parent-differs'],
    left: ['wrong-backend-key', 'parent-differs'],
  },
  {
    kind: 'orphan-backend-record',
    name: 'a layer that no namespace knows',
    make: (root) => {
      mkdirSync(path.join(root.snapshots, '999', 'fs'), { recursive: true });
      chmodSync(path.join(root.snapshots, '999'), 0o700);
      return root.store.write((tx) => {
        tx.put(snapshotsTable, [name, 'default/77/nobody'], stranger);
        tx.put(idsTable, [name, 999], 'default/77/nobody');
      });
    },
    also: ['usage-differs'],
    heals: true,
  },
];
