import type { Labels } from '../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../store/index.js';
import { indexedTable, labelIndexTable } from './tables.js';
import { textHash } from './text-hash.js';

/** The snapshot that has the labels. */
export interface Labelled {
  readonly key: string;
  readonly number: number;
  readonly labels: Labels;
}

/** What an index entry was made of; raised when that changes, so that older indexes are made anew. */
export const indexVersion = 1;

/**
 * Which snapshots of one snapshotter in one namespace have a label, and which have it with a certain value. Entries are
 * found by hashes, so that long labels cost no more than short ones: what is found may be wrong, and has to be
 * compared with the record; what is not found is not there.
 */
export class LabelIndex {
  readonly #namespace: string;
  readonly #snapshotter: string;

  constructor(namespace: string, snapshotter: string) {
    this.#namespace = namespace;
    this.#snapshotter = snapshotter;
  }

  /** Whether it speaks of every snapshot. */
  isComplete(tx: ReadTransaction): boolean {
    return tx.get(indexedTable, [this.#namespace, this.#snapshotter]) === indexVersion;
  }

  /** To be called when it does: there are no snapshots yet, or all were added. */
  markComplete(tx: WriteTransaction): void {
    tx.put(indexedTable, [this.#namespace, this.#snapshotter], indexVersion);
  }

  add(tx: WriteTransaction, { key, number, labels }: Labelled): void {
    for (const [label, value] of labels) tx.put(labelIndexTable, this.#entry(number, label, value), key);
  }

  remove(tx: WriteTransaction, { number, labels }: Labelled): void {
    for (const [label, value] of labels) tx.remove(labelIndexTable, this.#entry(number, label, value));
  }

  /** Changes only what differs. */
  replace(tx: WriteTransaction, before: Labelled, after: Labelled): void {
    this.remove(tx, { ...before, labels: without(before.labels, after.labels) });
    this.add(tx, { ...after, labels: without(after.labels, before.labels) });
  }

  /** The keys of up to `limit` snapshots that may have a label, with this value if one is given. */
  *find(
    tx: ReadTransaction,
    { label, value, limit }: { readonly label: string; readonly value: string | undefined; readonly limit: number },
  ): Generator<string> {
    const all = [this.#namespace, this.#snapshotter, textHash(label)];
    const prefix = value === undefined ? all : [...all, textHash(value)];
    for (const entry of tx.range(labelIndexTable, { prefix, limit })) yield entry.value;
  }

  #entry(number: number, label: string, value: string): readonly [string, string, number, number, number] {
    return [this.#namespace, this.#snapshotter, textHash(label), textHash(value), number];
  }
}

/** The labels that others do not have with the same value. */
function without(labels: Labels, others: Labels): Labels {
  return new Map([...labels].filter(([label, value]) => others.get(label) !== value));
}
