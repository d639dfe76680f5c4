import Database from 'better-sqlite3';
import type { CheckedRoot } from '../checked-root.js';
import type { Damage, Population } from './damage.js';

/** Changes rows as nobody can who keeps to the schema: no constraint is looked at. The store sees it afterwards. */
export async function alterRows({ store }: Pick<CheckedRoot, 'store'>, sql: string): Promise<void> {
  const database = new Database(store.file);
  try {
    database.pragma('foreign_keys = OFF');
    database.pragma('ignore_check_constraints = ON');
    database.exec(sql);
  } finally {
    database.close();
  }
  await store.write(() => undefined);
}

function rows(sql: (there: Population) => string): Damage['make'] {
  return (root, there) => alterRows(root, sql(there));
}

/** Damage to records. */
export const recordDamages: readonly Damage[] = [
  {
    kind: 'damaged-store',
    name: 'a layer without a row, which others are based on',
    make: rows(({ base }) => `DELETE FROM snapshots WHERE id = ${base.id}`),
    also: ['orphan-directory'],
    left: ['damaged-store', 'orphan-directory'],
  },
  {
    kind: 'chain-differs',
    name: 'a chain that is too short',
    make: rows(({ work, top }) => `UPDATE snapshots SET chain = '${top.id}' WHERE id = ${work.id}`),
    heals: true,
  },
  {
    kind: 'chain-differs',
    name: 'a chain that is too long, and right in those above it',
    make: rows(({ top, base }) => `UPDATE snapshots SET chain = '${base.id},77' WHERE id = ${top.id}`),
    heals: true,
  },
  {
    kind: 'chain-differs',
    name: 'a chain that begins elsewhere',
    make: rows(({ work }) => `UPDATE snapshots SET chain = '77' WHERE id = ${work.id}`),
    left: ['chain-differs'],
  },
  {
    kind: 'parent-elsewhere',
    name: 'a layer whose parent is in another namespace',
    make: rows(
      ({ base }) => `
        INSERT INTO namespaces VALUES ('other');
        UPDATE snapshots SET namespace = 'other' WHERE id = ${base.id}`,
    ),
    gone: ['base', 'top', 'work', 'look'],
    changes: 'namespaces {"name":"other"}',
  },
  {
    kind: 'parent-not-committed',
    name: 'a layer on a view',
    make: rows(({ base }) => `UPDATE snapshots SET kind = 'view' WHERE id = ${base.id}`),
    gone: ['top', 'work', 'look'],
    changes: 'snapshots {"id":1,',
  },
  {
    kind: 'wrong-times',
    name: 'a snapshot that was changed before it was made',
    make: rows(({ lone }) => `UPDATE snapshots SET updated = created - 1 WHERE id = ${lone.id}`),
    left: ['wrong-times'],
  },
  {
    kind: 'id-beyond-reserved',
    name: 'a mark that is too low',
    make: rows(({ lone }) => `UPDATE snapshot_ids SET reserved = ${lone.id - 1}`),
    changes: 'snapshot_ids ',
  },
  {
    kind: 'missing-namespace',
    name: 'a namespace without a record',
    make: rows(() => "DELETE FROM namespaces WHERE name = 'default'"),
    heals: true,
  },
];
