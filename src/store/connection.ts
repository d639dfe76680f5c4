import Database from 'better-sqlite3';
import { explain, type Place } from './sqlite-error.js';
import type { SqlValue, Statement } from './statement.js';

type Prepared = Database.Statement<SqlValue[], unknown>;

const allPages = 0x7fff_ffff;

/** How a connection is set up. */
export interface ConnectionOptions {
  /** Milliseconds to wait for a lock of another connection, blocking the thread. */
  readonly timeout: number;
  /** Whether every change is refused. */
  readonly readOnly?: boolean;
  /** `DELETE` makes one file of a database that nobody else has open. Default: WAL. */
  readonly journal?: 'WAL' | 'DELETE';
  /** Where backups are, so that an error about damage can name the newest. */
  readonly backups?: string | undefined;
}

/**
 * Set on every connection. NORMAL lets SQLite synchronise only around checkpoints; each group of changes is synchronised by
 * `GroupCommit`. Nothing goes to temporary files, which a full disk would refuse, and nothing to the log before a
 * commit. The schema may not call functions, and pages are checked before they are used, since the file may be damaged. No `mmap_size`: a short file would end the process.
 */
const settings = [
  'synchronous = NORMAL',
  'wal_autocheckpoint = 0',
  'foreign_keys = ON',
  'temp_store = MEMORY',
  'cache_spill = OFF',
  'cell_size_check = ON',
  'trusted_schema = OFF',
];

/** One connection to the database file, with the statements that it has prepared. Errors are of Strata's classes. */
export class Connection implements Disposable {
  readonly place: Place;
  readonly #database: Database.Database;
  readonly #prepared = new Map<Statement<unknown>, Prepared>();

  /** Opens a file that is there. @throws DataLossError when it is damaged or no SQLite database. */
  constructor(file: string, { timeout, readOnly = false, journal = 'WAL', backups }: ConnectionOptions) {
    this.place = { file, backups };
    this.#database = this.#explained(() => new Database(file, { fileMustExist: true, timeout }));
    try {
      for (const setting of [`journal_mode = ${journal}`, ...settings]) this.pragma(setting);
      if (readOnly) this.pragma('query_only = ON');
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get file(): string {
    return this.place.file;
  }

  /** Whether a transaction is open. SQLite ends one by itself after some errors. */
  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  /** A setting or its value, as the first column of the first row. */
  pragma(text: string): unknown {
    return this.#explained(() => this.#database.pragma(text, { simple: true }));
  }

  /** Runs any number of statements that have no results. */
  execute(sql: string): void {
    this.#explained(() => this.#database.exec(sql));
  }

  /** The first row, or undefined. */
  get<Row>(statement: Statement<Row>, parameters: readonly SqlValue[] = []): Row | undefined {
    try {
      // The type of a row is what the author of the statement says that it is.
      return this.#prepare(statement).get(...parameters) as Row | undefined;
    } catch (error) {
      throw explain(error, this.place);
    }
  }

  /** All rows. */
  all<Row>(statement: Statement<Row>, parameters: readonly SqlValue[] = []): Row[] {
    try {
      return this.#prepare(statement).all(...parameters) as Row[];
    } catch (error) {
      throw explain(error, this.place);
    }
  }

  /** Row by row. Until the iteration ends the connection can read, but not change anything. */
  *each<Row>(statement: Statement<Row>, parameters: readonly SqlValue[] = []): Generator<Row, void, undefined> {
    try {
      const kept = this.#prepare(statement);
      const free = kept.busy ? this.#database.prepare<SqlValue[], unknown>(statement.sql) : kept;
      yield* free.iterate(...parameters) as IterableIterator<Row>;
    } catch (error) {
      throw explain(error, this.place);
    }
  }

  /** Changes rows. @returns how many. */
  run(statement: Statement<object>, parameters: readonly SqlValue[] = []): number {
    try {
      return this.#prepare(statement).run(...parameters).changes;
    } catch (error) {
      throw explain(error, this.place);
    }
  }

  /** Copies the database, as it is at one moment, into a file that is empty. Blocks the thread, but no writer. */
  async copyTo(target: string): Promise<void> {
    try {
      // In one step: a write between two would restart the copy.
      await this.#database.backup(target, { progress: () => allPages });
    } catch (error) {
      throw explain(error, this.place);
    }
  }

  /** Closes it. The last one of a file writes the log into the file first. */
  [Symbol.dispose](): void {
    this.#prepared.clear();
    this.#explained(() => this.#database.close());
  }

  #prepare(statement: Statement<unknown>): Prepared {
    let prepared = this.#prepared.get(statement);
    if (prepared === undefined) {
      prepared = this.#database.prepare<SqlValue[], unknown>(statement.sql);
      this.#prepared.set(statement, prepared);
    }
    return prepared;
  }

  #explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explain(error, this.place);
    }
  }
}
