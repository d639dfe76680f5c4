import type { FaultPoints } from '../base/index.js';
import { UnavailableError } from '../errors/index.js';
import { backUp } from './backup.js';
import type { Checkpointer } from './checkpointer.js';
import type { Connection } from './connection.js';
import type { GroupCommit } from './group-commit.js';
import type { LogFile } from './log-file.js';
import type { Reader } from './reader.js';
import type { Reserve } from './reserve.js';
import type { SqlValue, Statement } from './statement.js';
import type { ReadTransaction, Store, WriteOptions, WriteTransaction } from './store.js';
import { inWorker, queryInWorker } from './worker.js';

/** What an open store consists of. */
export interface SqliteStoreParts {
  readonly owner: Disposable;
  readonly writer: Connection;
  readonly reader: Reader;
  readonly log: LogFile;
  readonly reserve: Reserve;
  readonly groups: GroupCommit;
  readonly checkpointer: Checkpointer;
  readonly faults: FaultPoints;
  readonly restored: boolean;
}

/** The store over its parts. */
export class SqliteStore implements Store {
  readonly file: string;
  readonly restored: boolean;
  readonly #parts: SqliteStoreParts;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts) {
    this.file = parts.writer.file;
    this.restored = parts.restored;
    this.#parts = parts;
  }

  get changes(): number {
    return this.#parts.groups.committed;
  }

  get waiting(): number {
    return this.#parts.groups.outstanding;
  }

  read<T>(work: (tx: ReadTransaction) => T): T {
    if (this.#closing !== undefined) throw this.#closed();
    return this.#parts.reader.read(work);
  }

  query<Row>(statement: Statement<Row>, parameters: readonly SqlValue[], signal?: AbortSignal): Promise<Row[]> {
    return this.#beside(() => queryInWorker(this.file, statement, parameters, { signal, background: true }));
  }

  write<T>(work: (tx: WriteTransaction) => T, options: WriteOptions = {}): Promise<T> {
    return this.#closing === undefined ? this.#parts.groups.write(work, options) : Promise.reject(this.#closed());
  }

  backup(to: string, signal?: AbortSignal): Promise<void> {
    return this.#beside(() => backUp({ from: this.file, to, signal, faults: this.#parts.faults }));
  }

  verify(signal?: AbortSignal): Promise<readonly string[]> {
    return this.#beside(() => inWorker({ file: this.file, what: 'verify' }, { signal, background: true }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs what `close` has to wait for. */
  async #beside<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw this.#closed();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #close(): Promise<void> {
    const { owner, writer, reader, log, reserve, groups, checkpointer } = this.#parts;
    await Promise.allSettled(this.#running);
    await groups.drain();
    await checkpointer.finish();
    await log[Symbol.asyncDispose]();
    await reserve[Symbol.asyncDispose]();
    reader[Symbol.dispose]();
    // The last connection copies what is left of the log to the file, and removes the log.
    writer[Symbol.dispose]();
    owner[Symbol.dispose]();
  }

  #closed(): UnavailableError {
    return new UnavailableError(`store ${this.file} is closed`);
  }
}
