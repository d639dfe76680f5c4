import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { metadataChildrenTable, metadataTable, namespacesTable, numbersTable } from '../metadata/index.js';
import {
  childrenTable,
  idsTable,
  noLabels,
  noUsage,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
} from '../snapshots/index.js';
import { type Key, numberCodec, type Table, type WriteTransaction } from '../store/index.js';
import { type CheckedRoot, pathOfSnapshot, placeOfSnapshot } from './checked-root.js';

/** Snapshots to damage: by their keys, the id of the files and the key in the back end. */
export interface Population {
  readonly base: Placed;
  readonly top: Placed;
  readonly work: Placed;
  readonly look: Placed;
  readonly lone: Placed;
}

/** Where a snapshot lies. */
export interface Placed {
  readonly key: string;
  readonly backendKey: string;
  readonly id: number;
  /** Its own directory. */
  readonly directory: string;
}

/** Two layers, an active snapshot and a view over them, and an active snapshot without a parent. */
export async function populate(root: CheckedRoot): Promise<Population> {
  const { snapshotter } = root;
  await snapshotter.prepare({ key: 'build' });
  await root.inTree('build', (tree) => writeFileSync(path.join(tree, 'file'), 'of the base'));
  await snapshotter.commit({ key: 'build', name: 'base' });
  await snapshotter.prepare({ key: 'build', parent: 'base' });
  await root.inTree('build', (tree) => {
    mkdirSync(path.join(tree, 'etc'));
    writeFileSync(path.join(tree, 'etc', 'file'), 'of the top');
  });
  await snapshotter.commit({ key: 'build', name: 'top' });
  await snapshotter.prepare({ key: 'work', parent: 'top' });
  await snapshotter.view({ key: 'look', parent: 'top' });
  await snapshotter.prepare({ key: 'lone' });
  // What commits leave behind is gone then.
  await snapshotter.cleanup();
  const place = (key: string) => placeOf(root, key);
  return { base: place('base'), top: place('top'), work: place('work'), look: place('look'), lone: place('lone') };
}

function placeOf(root: CheckedRoot, key: string): Placed {
  return { key, ...placeOfSnapshot(root, key), directory: pathOfSnapshot(root, key) };
}

/** Damage of one kind, and what a repair leaves of it. */
export interface Damage {
  readonly kind: string;
  readonly name: string;
  readonly make: (root: CheckedRoot, there: Population) => Promise<void> | void;
  /** Kinds that come with it. */
  readonly also?: readonly string[];
  /** What is left after a repair that drops descendants too; nothing when absent. */
  readonly left?: readonly string[];
  /** Keys that are gone after the repair. */
  readonly gone?: readonly (keyof Population)[];
  /** What the lines that may have changed besides begin with. */
  readonly changes?: string;
  /** Paths that may have changed besides. */
  readonly touches?: RegExp;
  /** Is looked for only where no driver is open. */
  readonly closed?: boolean;
  /** Whether the repair leaves everything as it was before the damage. */
  readonly heals?: boolean;
  /** Needs layers with manifests. */
  readonly manifest?: boolean;
  /** Can be made by root only. */
  readonly root?: boolean;
}

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

const inside = ({ directory }: Placed, ...names: string[]): string => path.join(directory, ...names);

/** Damage to files. */
export const fileDamages: readonly Damage[] = [
  {
    kind: 'missing-directory',
    name: 'of a layer',
    make: (_, { top }) => rmSync(top.directory, { recursive: true }),
    gone: ['top', 'work', 'look'],
  },
  {
    kind: 'missing-directory',
    name: 'of an active snapshot, whose content nobody can make anew',
    make: (_, { lone }) => rmSync(lone.directory, { recursive: true }),
    left: ['missing-directory'],
  },
  {
    kind: 'missing-directory',
    name: 'of a view',
    make: (_, { look }) => rmSync(look.directory, { recursive: true }),
  },
  {
    kind: 'missing-files-directory',
    name: 'of a layer',
    make: (_, { top }) => rmSync(inside(top, 'fs'), { recursive: true }),
    gone: ['top', 'work', 'look'],
  },
  {
    kind: 'missing-work-directory',
    name: 'of an active snapshot',
    make: (_, { work }) => rmSync(inside(work, 'work'), { recursive: true }),
  },
  {
    kind: 'wrong-type',
    name: 'a link in the place of a layer',
    make: (_, { top }) => {
      rmSync(inside(top, 'fs'), { recursive: true });
      symlinkSync('/', inside(top, 'fs'));
    },
    gone: ['top', 'work', 'look'],
  },
  {
    kind: 'orphan-directory',
    name: 'with an id of nobody',
    make: (root) => {
      mkdirSync(path.join(root.snapshots, '903', 'fs'), { recursive: true });
      writeFileSync(path.join(root.snapshots, '903', 'fs', 'file'), 'precious');
    },
    heals: true,
  },
  {
    kind: 'foreign-entry',
    name: 'a file of somebody',
    make: (root) => writeFileSync(path.join(root.snapshots, 'notes.txt'), 'precious'),
    heals: true,
  },
  {
    kind: 'wrong-mode',
    name: 'a directory that all can look into',
    make: (_, { work }) => chmodSync(work.directory, 0o755),
    heals: true,
  },
  {
    kind: 'usage-differs',
    name: 'a file that was added to a layer',
    make: (_, { base }) => writeFileSync(inside(base, 'fs', 'more'), ''),
    left: ['usage-differs'],
  },
  {
    kind: 'content-missing',
    name: 'a file that is gone from a layer',
    make: (_, { top }) => rmSync(inside(top, 'fs', 'etc', 'file')),
    also: ['content-differs', 'usage-differs'],
    gone: ['top', 'work', 'look'],
    manifest: true,
  },
  {
    kind: 'content-added',
    name: 'a file that came into a layer',
    make: (_, { top }) => writeFileSync(inside(top, 'fs', 'etc', 'more'), ''),
    also: ['content-differs', 'usage-differs'],
    gone: ['top', 'work', 'look'],
    manifest: true,
  },
  {
    kind: 'content-differs',
    name: 'a byte in a file of a layer',
    make: (_, { top }) => writeFileSync(inside(top, 'fs', 'etc', 'file'), 'Of the top'),
    gone: ['top', 'work', 'look'],
    manifest: true,
  },
  {
    kind: 'unreadable-manifest',
    name: 'a manifest without its end',
    make: (_, { top }) => truncateSync(inside(top, 'manifest'), 100),
    left: ['unreadable-manifest'],
    manifest: true,
  },
  {
    kind: 'wrong-owner',
    name: 'a work directory of somebody else',
    make: (_, { work }) => chownSync(inside(work, 'work'), 1234, 1234),
    heals: true,
    root: true,
  },
];
