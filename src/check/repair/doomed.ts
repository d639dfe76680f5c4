import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';

/** A snapshot that is dropped: all that is recorded of it. */
export interface Doomed {
  readonly id: number;
  readonly snapshotter: string;
  readonly namespace: string;
  readonly key: string;
  /** What is told of it beside its files. */
  readonly record: object;
}

interface Row extends Omit<Doomed, 'record'> {
  /** A JSON object. */
  readonly labels: string;
}

/** A snapshot and everything that is based on it. */
const withDescendants = `
  WITH RECURSIVE doomed (id) AS (
    SELECT id FROM snapshots WHERE id = ?
    UNION
    SELECT s.id FROM doomed JOIN snapshots s ON s.parent = doomed.id)`;

const find = statement<Row>(`
  ${withDescendants}
  SELECT s.*, (SELECT json_group_object(l.key, l.value) FROM snapshot_labels l WHERE l.snapshot = s.id) AS labels
  FROM doomed JOIN snapshots s ON s.id = doomed.id
  ORDER BY s.id <> ?, s.id`);

// One statement, after which SQLite looks for children without parents, so that the order does not matter.
const remove = statement(`${withDescendants} DELETE FROM snapshots WHERE id IN (SELECT id FROM doomed)`);

/** A snapshot and everything that is based on it, itself first; empty when it is gone. */
export function doomedWith(tx: ReadTransaction, id: string): Doomed[] {
  return tx.all(find, Number(id), Number(id)).map((row) => {
    const { snapshotter, namespace, key } = row;
    return { id: row.id, snapshotter, namespace, key, record: { ...row, labels: JSON.parse(row.labels) } };
  });
}

/** Deletes the records of a snapshot and of everything that is based on it. */
export function removeDoomed(tx: WriteTransaction, id: string): void {
  tx.run(remove, Number(id));
}
