import type { FaultPoints } from '../../base/index.js';
import { InternalError, UnavailableError } from '../../errors/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../store.js';
import { type BackupRequest, backUp } from './backup.js';
import { explainFailedCommit } from './commit-error.js';
import { closeRoot } from './environment.js';
import type { Journal } from './journal.js';
import type { ByteRoot, TableSet } from './tables.js';
import { LmdbReadTransaction } from './transaction.js';
import { WriteQueue } from './write-queue.js';

/** An open environment, and what to undo after it is closed. */
export interface LmdbStoreParts {
  readonly path: string;
  readonly restored: boolean;
  readonly root: ByteRoot;
  readonly tables: TableSet;
  /** Undefined for a store that is not durable. */
  readonly journal: Journal | undefined;
  readonly faults: FaultPoints;
  /** Runs after the environment has been closed. `complete`: all that was answered is in the data file. */
  readonly afterClose: (complete: boolean) => Promise<void>;
}

/** The store over an open LMDB environment. */
export class LmdbStore implements Store {
  readonly path: string;
  readonly restored: boolean;
  readonly #parts: LmdbStoreParts;
  readonly #queue: WriteQueue;
  #changes = 0;
  readonly #backups = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(parts: LmdbStoreParts) {
    this.path = parts.path;
    this.restored = parts.restored;
    this.#parts = parts;
    this.#queue = new WriteQueue({
      root: parts.root,
      tables: parts.tables,
      log: parts.journal,
      faults: parts.faults,
      explain: (error) => explainFailedCommit(parts.path, error),
    });
  }

  get changes(): number {
    return this.#changes;
  }

  read<T>(view: (tx: ReadTransaction) => T): T {
    this.#refuseIfUnusable();
    const tx = new LmdbReadTransaction(this.#parts.tables, this.#parts.journal?.frozen);
    try {
      return view(tx);
    } finally {
      tx.end();
    }
  }

  async write<T>(change: (tx: WriteTransaction) => T): Promise<T> {
    this.#refuseIfUnusable();
    const result = await this.#queue.add(change);
    this.#changes += 1;
    return result;
  }

  async backUp(request: BackupRequest): Promise<void> {
    this.#refuseIfUnusable();
    const done = backUp(this.#parts.root, request, this.#parts.faults);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#backups.add(settled);
    try {
      await done;
    } finally {
      this.#backups.delete(settled);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#queue.drain();
    await Promise.all(this.#backups);
    const { root, journal, afterClose } = this.#parts;
    await journal?.release();
    await closeRoot(root);
    // What is not on disk as a whole is left to the next start, which must not take the store for closed.
    const complete = (await journal?.close()) ?? true;
    await afterClose(complete);
  }

  #refuseIfUnusable(): void {
    if (this.#closing !== undefined) throw new UnavailableError('store is closed');
    if (this.#queue.performing) throw new InternalError('the change of a write used the store; it has its transaction');
  }
}
