import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';

/** What needs a snapshot, so that it is not removed. */
export interface Holder {
  /** What it is, such as `image`. */
  readonly kind: string;
  /** Which of them, in the snapshotter and the namespace of the snapshot. */
  readonly name: string;
}

const insertHold = statement('INSERT OR IGNORE INTO snapshot_holds (snapshot, kind, name) VALUES (?, ?, ?)');
const deleteHold = statement('DELETE FROM snapshot_holds WHERE snapshot = ? AND kind = ? AND name = ?');
const firstHold = statement<Holder>('SELECT kind, name FROM snapshot_holds WHERE snapshot = ? LIMIT 1');

/** Keeps a snapshot from being removed until {@link release} is called for the same holder. */
export function hold(tx: WriteTransaction, snapshot: number, { kind, name }: Holder): void {
  tx.run(insertHold, snapshot, kind, name);
}

/** Lets a snapshot be removed, as far as this holder is concerned. */
export function release(tx: WriteTransaction, snapshot: number, { kind, name }: Holder): void {
  tx.run(deleteHold, snapshot, kind, name);
}

/** One of those that need a snapshot; undefined when nobody does. */
export function holderOf(tx: ReadTransaction, snapshot: number): Holder | undefined {
  return tx.get(firstHold, snapshot);
}
