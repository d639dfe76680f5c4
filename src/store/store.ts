import type { SqlValue, Statement } from './statement.js';

/** The rows as they are at one moment. Valid only until the function that received it returns. */
export interface ReadTransaction {
  /**
   * The first row, or undefined.
   * @throws DataLossError when the file is damaged there.
   */
  get<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): Row | undefined;
  /** All rows. Throws as `get`. */
  all<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): Row[];
  /**
   * Row by row, for results that may be large. Inside of a change nothing can be changed until the iteration has ended;
   * it ends by itself when the function returns. Throws as `get`, while iterating.
   */
  each<Row>(statement: Statement<Row>, ...parameters: readonly SqlValue[]): IterableIterator<Row>;
}

/** Rows that can be changed as well. Sees its own changes. */
export interface WriteTransaction extends ReadTransaction {
  /** Changes rows and returns how many. */
  run(statement: Statement<object>, ...parameters: readonly SqlValue[]): number;
}

/** What kind of change it is. */
export interface WriteOptions {
  /** A change that gives space back (a removal): goes on while the disk is full, when others are refused. Default: false. */
  readonly frees?: boolean;
}

/** An open store: one SQLite database, which only this process uses. */
export interface Store extends AsyncDisposable {
  /** The database file. */
  readonly file: string;

  /** How many groups of changes were committed since it was opened. */
  readonly changes: number;

  /** How many changes have been asked for and are not on disk yet. */
  readonly waiting: number;

  /**
   * Whether databases that a restore replaced still lie beside it: then there may be files of snapshots that only those
   * know, and these must not be deleted.
   */
  readonly restored: boolean;

  /**
   * Runs `work` at once and returns its result. All its statements see the same state, which is on disk: a change is visible
   * once its `write` resolves. Blocks the event loop as long as it runs.
   * @throws UnavailableError when the store is closed; DataLossError when the file is damaged; whatever `work` throws.
   */
  read<T>(work: (tx: ReadTransaction) => T): T;

  /**
   * The rows of a statement that reads a great deal, found in a thread of its own, so that the event loop goes on. They are as
   * at one moment, which may be a little before or after what `read` shows.
   * @throws DataLossError when the file is damaged; UnavailableError when the store is closed; CanceledError or
   * DeadlineExceededError when the signal is aborted.
   */
  query<Row>(statement: Statement<Row>, parameters: readonly SqlValue[], signal?: AbortSignal): Promise<Row[]>;

  /**
   * Runs `work` soon, and resolves with its result when its changes are on disk and readers see them. Calls that come at the same
   * time share a transaction and a synchronisation of the disk. When one throws, only its own changes are undone, and its
   * `write` rejects with that error.
   *
   * `work` is synchronous, depends on nothing but its transaction, and may be run again when a transaction that it shared
   * had to be given up.
   * @throws ResourceExhaustedError when the disk is full, or too many changes wait; nothing of the change is kept.
   * @throws DataLossError when the file is damaged or the disk fails, FailedPreconditionError when it cannot be written. When
   * a synchronisation failed, it is not known whether the change survives a power cut, and the store takes no other
   * until it is opened again.
   * @throws UnavailableError when the store is closed, or a synchronisation has failed before.
   */
  write<T>(work: (tx: WriteTransaction) => T, options?: WriteOptions): Promise<T>;

  /**
   * Copies the database, as it is at one moment, into a single file that only its owner can read; one of that name is replaced,
   * at once and as a whole. The copy has been read once completely and is on disk when this resolves. Works in a thread of its
   * own, while the store is read and written. `restoreStore` restores it.
   * @throws ResourceExhaustedError when the disk is full, DataLossError when what was copied is not sound, NotFoundError or
   * PermissionDeniedError when the file cannot be made; what was there is untouched then, and nothing is left beside it.
   * @throws FailedPreconditionError when something else than a regular file lies there.
   * @throws UnavailableError when the store is closed; CanceledError, DeadlineExceededError when the signal is aborted.
   */
  backup(file: string, signal?: AbortSignal): Promise<void>;

  /**
   * Reads everything, in a thread of its own: SQLite's check of its own pages and of all references between rows.
   * @returns what is wrong, as texts; none when the store is sound.
   * @throws as `backup`, when it cannot be read at all or is cancelled.
   */
  verify(signal?: AbortSignal): Promise<readonly string[]>;

  /** Waits for changes under way, then closes. Calling it again does nothing. */
  close(): Promise<void>;
}
