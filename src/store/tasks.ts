import type { SqlValue } from './statement.js';

/** What a thread does with a database, over a connection of its own. */
export interface Task {
  /** The database. */
  readonly file: string;
  readonly what: MaintenanceTask | Query;
}

/** What is done to a database as a whole. */
export type MaintenanceTask =
  /** Copies what is in the log to the database file, as far as nobody reads older states. */
  | 'checkpoint'
  /** The same, and then starts the log from its beginning. Nobody may be reading or writing. */
  | 'restart'
  /** The same, with a file that gives up its room at the moment at which there is none. */
  | { readonly restartWith: string }
  /** Copies the database, as it is at one moment, into an empty file, and reads the copy. */
  | { readonly copyTo: string }
  /** Reads everything. */
  | 'verify';

/** A statement that only reads. */
export interface Query {
  readonly query: string;
  readonly parameters: readonly SqlValue[];
}

/** What is wrong with the database that was read. */
export type Problems = readonly string[];

/** What came of a task. */
export type TaskResult = { readonly rows: readonly unknown[] } | { readonly problems: Problems };
