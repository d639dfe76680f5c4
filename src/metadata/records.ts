import { FailedPreconditionError, NotFoundError } from '../errors/index.js';
import { type Labels, noLabels } from '../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../store/index.js';
import { LabelIndex } from './label-index.js';
import {
  type MetadataRecord,
  metadataChildrenTable,
  metadataHeadsTable,
  metadataTable,
  namespacesTable,
  numbersTable,
} from './tables.js';

/** A record with its key. */
export interface NamedMetadata {
  readonly key: string;
  readonly record: MetadataRecord;
}

/** Which records to visit. */
export interface MetadataPage {
  readonly after: string | undefined;
  readonly limit: number;
  /** Default: nobody is told. */
  readonly onUnreadable?: (error: unknown) => void;
}

/** A record to be: what `MetadataRecords.put` completes. */
export interface NewMetadata {
  readonly key: string;
  readonly number: number;
  readonly backendKey: string;
  /** Empty for none. */
  readonly parent: string;
  readonly labels: Labels;
  /** Microseconds since 1970; the back end's for a snapshot that it had already. */
  readonly created: number;
  readonly updated: number;
}

/**
 * The records of one snapshotter in one namespace. Every method works inside a transaction that the caller holds.
 */
export class MetadataRecords {
  readonly #namespace: string;
  readonly #snapshotter: string;
  /** Kept up to date with the records. */
  readonly labels: LabelIndex;

  constructor(namespace: string, snapshotter: string) {
    this.#namespace = namespace;
    this.#snapshotter = snapshotter;
    this.labels = new LabelIndex(namespace, snapshotter);
  }

  find(tx: ReadTransaction, key: string): MetadataRecord | undefined {
    return tx.get(metadataTable, [this.#namespace, this.#snapshotter, key]);
  }

  has(tx: ReadTransaction, key: string): boolean {
    return tx.has(metadataTable, [this.#namespace, this.#snapshotter, key]);
  }

  /** @throws NotFoundError when there is no such snapshot. */
  get(tx: ReadTransaction, key: string): MetadataRecord {
    const record = this.find(tx, key);
    if (record === undefined) throw new NotFoundError(`snapshot ${key} does not exist`);
    return record;
  }

  /** A snapshot's key in the back end, without reading the rest. @throws NotFoundError when there is no such snapshot. */
  backendKeyOf(tx: ReadTransaction, key: string): string {
    const head = tx.get(metadataHeadsTable, [this.#namespace, this.#snapshotter, key]);
    if (head === undefined) throw new NotFoundError(`snapshot ${key} does not exist`);
    return head.backendKey;
  }

  /** The parent's key in the back end; empty for none. @throws NotFoundError when there is no such parent. */
  backendParent(tx: ReadTransaction, parent: string): string {
    if (parent === '') return '';
    return this.#parent(tx, parent).backendKey;
  }

  #parent(tx: ReadTransaction, parent: string): MetadataRecord {
    const record = this.find(tx, parent);
    if (record === undefined) throw new NotFoundError(`parent snapshot ${parent} does not exist`);
    return record;
  }

  /** Whether the namespace has ever used this snapshotter. */
  isUsed(tx: ReadTransaction): boolean {
    return tx.has(numbersTable, [this.#namespace, this.#snapshotter]);
  }

  /** Draws a number, and makes the namespace known when it is not. */
  nextNumber(tx: WriteTransaction): number {
    const key = [this.#namespace, this.#snapshotter] as const;
    const last = tx.get(numbersTable, key);
    // Without any snapshot, an index is complete.
    if (last === undefined) this.labels.markComplete(tx);
    const number = (last ?? 0) + 1;
    tx.put(numbersTable, key, number);
    if (!tx.has(namespacesTable, [this.#namespace])) tx.put(namespacesTable, [this.#namespace], noLabels);
    return number;
  }

  /** The key in the back end of the snapshot with this number. */
  backendKey(number: number, key: string): string {
    return `${this.#namespace}/${number}/${key}`;
  }

  /** Stores a record and links it under its parent. @throws NotFoundError when there is no such parent. */
  put(tx: WriteTransaction, { key, ...values }: NewMetadata): MetadataRecord {
    const parentNumber = values.parent === '' ? 0 : this.#parent(tx, values.parent).number;
    const record = { ...values, parentNumber };
    tx.put(metadataTable, [this.#namespace, this.#snapshotter, key], record);
    if (parentNumber !== 0) tx.put(metadataChildrenTable, this.#link(record), key);
    this.labels.add(tx, { ...record, key });
    return record;
  }

  /** Stores new labels and times; nothing else may differ. */
  replace(tx: WriteTransaction, key: string, record: MetadataRecord): void {
    this.labels.replace(tx, { ...this.get(tx, key), key }, { ...record, key });
    tx.put(metadataTable, [this.#namespace, this.#snapshotter, key], record);
  }

  /** Deletes a record and its link. */
  delete(tx: WriteTransaction, key: string, record: MetadataRecord): void {
    tx.remove(metadataTable, [this.#namespace, this.#snapshotter, key]);
    if (record.parentNumber !== 0) tx.remove(metadataChildrenTable, this.#link(record));
    this.labels.remove(tx, { ...record, key });
  }

  /** The keys of up to `limit` snapshots that stand on another, in the order in which they were made. */
  *children(tx: ReadTransaction, parent: string, limit: number): Generator<string> {
    const record = this.find(tx, parent);
    if (record === undefined) return;
    const prefix = [this.#namespace, this.#snapshotter, record.number];
    for (const { value } of tx.range(metadataChildrenTable, { prefix, limit })) yield value;
  }

  /** @throws FailedPreconditionError when snapshots of this namespace stand on it. */
  requireNoChildren(tx: ReadTransaction, record: MetadataRecord): void {
    const prefix = [this.#namespace, this.#snapshotter, record.number];
    for (const _ of tx.range(metadataChildrenTable, { prefix, limit: 1 })) {
      throw new FailedPreconditionError('cannot remove snapshot with child');
    }
  }

  /**
   * Up to `limit` records behind `after`, in the byte order of their keys; fewer only at the end. Those that cannot be
   * read are passed over, and told to `onUnreadable`.
   */
  page(tx: ReadTransaction, page: MetadataPage): NamedMetadata[] {
    const { limit, onUnreadable = () => undefined } = page;
    const prefix = [this.#namespace, this.#snapshotter];
    const after = page.after === undefined ? {} : { after: [...prefix, page.after] as const };
    const found: NamedMetadata[] = [];
    for (const { key, value } of tx.range(metadataTable, { prefix, limit, onUnreadable, ...after })) {
      found.push({ key: key[2], record: value });
    }
    return found;
  }

  #link(record: MetadataRecord): readonly [string, string, number, number] {
    return [this.#namespace, this.#snapshotter, record.parentNumber, record.number];
  }
}
