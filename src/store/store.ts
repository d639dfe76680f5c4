/**
 * The store, as the rest of Strata sees it: typed tables, consistent reads, durable writes.
 *
 * The embedded default is LMDB (`lmdb/`). The interface asks nothing that a networked store could not give: one that
 * keeps a local replica answers `read` from it, and `write` may run a change again after losing a race, which is why
 * a change must depend on nothing but its transaction.
 */
import type { DataLossError } from '../errors/index.js';
import type { BackupRequest } from './lmdb/backup.js';
import type { Key, Table } from './table.js';

/** One record of a table. */
export interface Entry<K extends Key, V> {
  readonly key: K;
  readonly value: V;
}

/** Which records of a table to visit, in the byte order of their encoded keys. */
export interface Range {
  /** Leading key parts that every record must have; none visits the whole table. */
  readonly prefix?: Key;
  /** Start behind this complete key, whether or not it is there. */
  readonly after?: Key;
  /** Stop after so many records; none means all. */
  readonly limit?: number;
  /**
   * Told about each record that cannot be decoded, which is then passed over and does not count for `limit`. Without it
   * the range throws.
   */
  readonly onUnreadable?: ((error: DataLossError) => void) | undefined;
}

/** A view of all tables as they stood at one moment. Valid only until the callback that received it returns. */
export interface ReadTransaction {
  /** The value, or undefined when there is no such record. @throws DataLossError when the record cannot be decoded. */
  get<K extends Key, V>(table: Table<K, V>, key: K): V | undefined;
  /** Whether there is such a record; cheaper than `get`, since nothing is decoded. */
  has<K extends Key, V>(table: Table<K, V>, key: K): boolean;
  /**
   * Records in key order, decoded one by one as the caller asks for them.
   * @throws DataLossError at a record that cannot be decoded, unless `onUnreadable` is there to be told.
   */
  range<K extends Key, V>(table: Table<K, V>, range?: Range): Iterable<Entry<K, V>>;
  /**
   * The keys of records in their order, whether or not the values can be decoded.
   * @throws DataLossError at a key that cannot be decoded; the next step of the iteration goes on behind it.
   */
  keys<K extends Key, V>(table: Table<K, V>, range?: Range): Iterable<K>;
}

/** A view that sees its own changes. */
export interface WriteTransaction extends ReadTransaction {
  /** Creates or replaces a record. */
  put<K extends Key, V>(table: Table<K, V>, key: K, value: V): void;
  /** Deletes a record. Returns whether there was one. */
  remove<K extends Key, V>(table: Table<K, V>, key: K): boolean;
}

/** An embedded transactional store. */
export interface Store extends AsyncDisposable {
  /** Where the records lie, for messages and for the exports of the metadata plugin. */
  readonly path: string;

  /**
   * Whether a backup took the place of its records, and what it replaced is still kept: then there may be files of
   * snapshots that only the replaced records know, which must not be deleted.
   */
  readonly restored: boolean;

  /** How many writes were put on disk since it was opened. */
  readonly changes: number;

  /**
   * Runs `view` over one consistent snapshot of all tables and returns its result. Never waits for a writer, and
   * sees nothing of a write that is not on disk yet.
   * The transaction must not be kept or awaited in: page through long ranges with `limit` and `after`.
   * @throws UnavailableError when the store is closed; whatever `view` throws.
   */
  read<T>(view: (tx: ReadTransaction) => T): T;

  /**
   * Runs `change` in a write transaction and resolves with its result once the change is on disk. Changes that are
   * asked for at the same time share one disk synchronisation; each is atomic by itself.
   *
   * `change` is synchronous, does no input or output, depends on nothing but its transaction and may be run again.
   * When it throws, its own writes are undone and the promise rejects with what it threw; others are not affected.
   * @throws ResourceExhaustedError when the disk is full: nothing of the change is kept, and the store stays usable.
   * @throws UnavailableError when the store is closed.
   */
  write<T>(change: (tx: WriteTransaction) => T): Promise<T>;

  /**
   * Writes all records, as they stand at one moment, into a file; see `BackupRequest`. The store stays in use meanwhile.
   * @throws UnavailableError when the store is closed; ResourceExhaustedError when the disk is full; DataLossError when
   * records cannot be read. Then there is no new file.
   */
  backUp(request: BackupRequest): Promise<void>;

  /** Lets the writes under way finish, then closes. Calling it again does nothing. */
  close(): Promise<void>;
}
