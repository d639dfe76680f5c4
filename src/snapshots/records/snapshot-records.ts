import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';
import type { Kind, Labels, Usage } from '../api/types.js';
import {
  chainText,
  type LayersRow,
  layersOf,
  recordOf,
  type SnapshotLayers,
  type SnapshotName,
  type SnapshotRecord,
  type SnapshotRow,
} from './record.js';

/** A snapshot to record. Its files have been made under `id`. */
export interface NewSnapshot extends SnapshotName {
  readonly id: number;
  readonly kind: Exclude<Kind, 'committed'>;
  /** Ids from the parent down to the base layer. */
  readonly chain: readonly number[];
  /** None with an empty value. */
  readonly labels: Labels;
  /** Whether it stays until somebody removes it; else only as long as something keeps it from being collected. */
  readonly kept: boolean;
  /** Microseconds since 1970. */
  readonly now: number;
}

/** What an active snapshot becomes. */
export interface NewCommit {
  /** Of the active snapshot. */
  readonly id: number;
  readonly name: string;
  readonly chain: readonly number[];
  readonly labels: Labels;
  readonly usage: Usage;
  /** As in `NewSnapshot`. */
  readonly kept: boolean;
  readonly now: number;
}

/** Which rows to read. */
export interface RecordPage {
  /** Only those behind this key. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const allColumns = `
  s.id, s.namespace, s.key, s.kind, s.chain, s.created, s.updated, s.size, s.inodes,
  (SELECT p.key FROM snapshots p WHERE p.id = s.parent) AS parent,
  (SELECT json_group_object(l.key, l.value) FROM snapshot_labels l WHERE l.snapshot = s.id) AS labels`;
const layerColumns = `
  s.id, s.kind, s.chain,
  (SELECT json_group_object(l.key, l.value) FROM snapshot_labels l WHERE l.snapshot = s.id) AS labels`;
const named = 's.snapshotter = ? AND s.namespace = ? AND s.key = ?';

const findRow = statement<SnapshotRow>(`SELECT ${allColumns} FROM snapshots s WHERE ${named}`);
const findLayers = statement<LayersRow>(`SELECT ${layerColumns} FROM snapshots s WHERE ${named}`);
const findId = statement<{ id: number }>(`SELECT s.id FROM snapshots s WHERE ${named}`);
const findRowById = statement<SnapshotRow>(
  `SELECT ${allColumns} FROM snapshots s WHERE s.id = ? AND s.snapshotter = ?`,
);
const findKindById = statement<{ kind: Kind }>('SELECT kind FROM snapshots WHERE id = ? AND snapshotter = ?');
const findChild = statement<{ key: string }>('SELECT key FROM snapshots WHERE parent = ? LIMIT 1');
const findAny = statement<{ id: number }>('SELECT id FROM snapshots WHERE snapshotter = ? AND namespace = ? LIMIT 1');

// The unique key and the parent are checked by the statement itself: it changes nothing when either does not hold.
const insertRow = statement(`
  INSERT INTO snapshots (id, snapshotter, namespace, key, kind, parent, chain, created, updated)
  SELECT n.* FROM (SELECT ?, ?, ?, ?, ?, ? AS parent, ?, ?, ?) AS n
  WHERE n.parent IS NULL OR EXISTS (SELECT 1 FROM snapshots WHERE id = n.parent)
  ON CONFLICT DO NOTHING`);
const commitRow = statement(`
  UPDATE OR IGNORE snapshots
  SET key = n.name, kind = 'committed', parent = n.parent, chain = n.chain,
      created = n.now, updated = n.now, size = n.size, inodes = n.inodes
  FROM (SELECT ? AS id, ? AS name, ? AS parent, ? AS chain, ? AS now, ? AS size, ? AS inodes) AS n
  WHERE snapshots.id = n.id AND kind = 'active'
    AND (n.parent IS NULL OR EXISTS (SELECT 1 FROM snapshots p WHERE p.id = n.parent))`);
const deleteRow = statement<{ id: number }>(`
  DELETE FROM snapshots AS s
  WHERE ${named} AND NOT EXISTS (SELECT 1 FROM snapshots c WHERE c.parent = s.id)
    AND NOT EXISTS (SELECT 1 FROM snapshot_holds h WHERE h.snapshot = s.id)
  RETURNING id`);
const touchRow = statement('UPDATE snapshots SET updated = ? WHERE id = ?');

const insertLabel = statement('INSERT INTO snapshot_labels (snapshot, key, value) VALUES (?, ?, ?)');
const deleteLabels = statement('DELETE FROM snapshot_labels WHERE snapshot = ?');
const addCollectable = statement('INSERT OR IGNORE INTO collectable_snapshots (snapshot) VALUES (?)');
const dropCollectable = statement('DELETE FROM collectable_snapshots WHERE snapshot = ?');
const addNamespace = statement('INSERT OR IGNORE INTO namespaces (name) VALUES (?)');

const firstPage = statement<SnapshotRow>(`
  SELECT ${allColumns} FROM snapshots s
  WHERE s.snapshotter = ? AND s.namespace = ? ORDER BY s.key LIMIT ?`);
const nextPage = statement<SnapshotRow>(`
  SELECT ${allColumns} FROM snapshots s
  WHERE s.snapshotter = ? AND s.namespace = ? AND s.key > ? ORDER BY s.key LIMIT ?`);
const pageById = statement<SnapshotRow>(`
  SELECT ${allColumns} FROM snapshots s
  WHERE +s.snapshotter = ? AND s.id > ? ORDER BY s.id LIMIT ?`);

const keysByParent = statement<{ key: string }>('SELECT key FROM snapshots WHERE parent = ? LIMIT ?');
const keysByLabel = statement<{ key: string }>(`
  SELECT s.key FROM snapshot_labels l JOIN snapshots s ON s.id = l.snapshot
  WHERE l.key = ? AND s.snapshotter = ? AND s.namespace = ? LIMIT ?`);
const keysByLabelValue = statement<{ key: string }>(`
  SELECT s.key FROM snapshot_labels l JOIN snapshots s ON s.id = l.snapshot
  WHERE l.key = ? AND l.value = ? AND s.snapshotter = ? AND s.namespace = ? LIMIT ?`);

const snapshotters = statement<{ snapshotter: string }>('SELECT DISTINCT snapshotter FROM snapshots ORDER BY 1');

/** The names of the snapshotters that have snapshots, in byte order. */
export function snapshottersInUse(tx: ReadTransaction): string[] {
  return tx.all(snapshotters).map(({ snapshotter }) => snapshotter);
}

/**
 * The records of one snapshotter, in all namespaces. Every method works inside a transaction that the caller holds, and
 * does no input or output beyond it.
 */
export class SnapshotRecords {
  readonly #snapshotter: string;

  /** @param snapshotter Keeps its records apart from those of others in the same store. */
  constructor(snapshotter: string) {
    this.#snapshotter = snapshotter;
  }

  /** Everything that is recorded of a snapshot; undefined when there is none. */
  find(tx: ReadTransaction, { namespace, key }: SnapshotName): SnapshotRecord | undefined {
    const row = tx.get(findRow, this.#snapshotter, namespace, key);
    return row === undefined ? undefined : recordOf(row);
  }

  /** What mounting a snapshot needs, cheaper than all of it; undefined when there is none. */
  findLayers(tx: ReadTransaction, { namespace, key }: SnapshotName): SnapshotLayers | undefined {
    const row = tx.get(findLayers, this.#snapshotter, namespace, key);
    return row === undefined ? undefined : layersOf(row);
  }

  /** Whether a key or name is taken. */
  has(tx: ReadTransaction, { namespace, key }: SnapshotName): boolean {
    return tx.get(findId, this.#snapshotter, namespace, key) !== undefined;
  }

  /** The record of the snapshot whose files have this id; undefined when there is none. */
  findById(tx: ReadTransaction, id: number): SnapshotRecord | undefined {
    const row = tx.get(findRowById, id, this.#snapshotter);
    return row === undefined ? undefined : recordOf(row);
  }

  /** The kind of the snapshot whose files have this id; undefined when there is none. */
  kindOfId(tx: ReadTransaction, id: number): Kind | undefined {
    return tx.get(findKindById, id, this.#snapshotter)?.kind;
  }

  /** Whether snapshots are based on this one. */
  hasChildren(tx: ReadTransaction, id: number): boolean {
    return tx.get(findChild, id) !== undefined;
  }

  /** Whether a namespace has any snapshot. */
  isUsed(tx: ReadTransaction, namespace: string): boolean {
    return tx.get(findAny, this.#snapshotter, namespace) !== undefined;
  }

  /**
   * Records a new active snapshot or view, and its namespace when that is new.
   * @returns false, with nothing changed, when the key is taken or the parent gone.
   */
  insert(tx: WriteTransaction, snapshot: NewSnapshot): boolean {
    const { id, namespace, key, kind, chain, labels, kept, now } = snapshot;
    const parent = chain[0] ?? null;
    const row = [id, this.#snapshotter, namespace, key, kind, parent, chainText(chain), now, now] as const;
    if (tx.run(insertRow, ...row) === 0) return false;
    if (!kept) tx.run(addCollectable, id);
    insertLabels(tx, id, labels);
    if (namespace !== '') tx.run(addNamespace, namespace);
    return true;
  }

  /**
   * Turns an active snapshot into a committed one: its id stays, its labels are replaced, its times start again.
   * @returns false, with nothing changed, when it is not active any more, the name is taken or the parent gone.
   */
  commit(tx: WriteTransaction, { id, name, chain, labels, usage, kept, now }: NewCommit): boolean {
    const row = [id, name, chain[0] ?? null, chainText(chain), now, usage.size, usage.inodes] as const;
    if (tx.run(commitRow, ...row) === 0) return false;
    tx.run(kept ? dropCollectable : addCollectable, id);
    replaceLabels(tx, id, labels);
    return true;
  }

  /**
   * Deletes the record of a snapshot of any kind.
   * @returns its id; undefined, with nothing changed, when there is none, others are based on it, or something holds it.
   */
  remove(tx: WriteTransaction, { namespace, key }: SnapshotName): number | undefined {
    return tx.get(deleteRow, this.#snapshotter, namespace, key)?.id;
  }

  /** Replaces the labels of a snapshot and the time of its last update. */
  setLabels(tx: WriteTransaction, id: number, labels: Labels, updated: number): void {
    tx.run(touchRow, updated, id);
    replaceLabels(tx, id, labels);
  }

  /** Up to `limit` snapshots of a namespace, in the byte order of their keys; fewer only at the end. */
  page(tx: ReadTransaction, namespace: string, { after, limit }: RecordPage): SnapshotRecord[] {
    const rows =
      after === undefined
        ? tx.all(firstPage, this.#snapshotter, namespace, limit)
        : tx.all(nextPage, this.#snapshotter, namespace, after, limit);
    return rows.map(recordOf);
  }

  /** Up to `limit` snapshots of all namespaces with an id above `after`, in the order of their ids; fewer only at the end. */
  pageById(tx: ReadTransaction, after: number, limit: number): SnapshotRecord[] {
    return tx.all(pageById, this.#snapshotter, after, limit).map(recordOf);
  }

  /** The keys of up to `limit` snapshots that are based on another. */
  keysByParent(tx: ReadTransaction, parent: SnapshotName, limit: number): string[] {
    const id = tx.get(findId, this.#snapshotter, parent.namespace, parent.key)?.id;
    return id === undefined ? [] : keysOf(tx.all(keysByParent, id, limit));
  }

  /** The keys of up to `limit` snapshots that have a label, with this value if one is given. */
  keysByLabel(
    tx: ReadTransaction,
    { namespace, label, value, limit }: { namespace: string; label: string; value: string | undefined; limit: number },
  ): string[] {
    return keysOf(
      value === undefined
        ? tx.all(keysByLabel, label, this.#snapshotter, namespace, limit)
        : tx.all(keysByLabelValue, label, value, this.#snapshotter, namespace, limit),
    );
  }
}

function keysOf(rows: readonly { readonly key: string }[]): string[] {
  return rows.map(({ key }) => key);
}

function insertLabels(tx: WriteTransaction, id: number, labels: Labels): void {
  for (const [key, value] of labels) tx.run(insertLabel, id, key, value);
}

function replaceLabels(tx: WriteTransaction, id: number, labels: Labels): void {
  tx.run(deleteLabels, id);
  insertLabels(tx, id, labels);
}
