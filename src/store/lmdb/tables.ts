import type { Database, RootDatabase, Transaction } from 'lmdb';
import { DataLossError, fromSystemError, InternalError, messageOf } from '../../errors/index.js';

/** The part of lmdb-js's interface that the store uses, for keys and values that are bytes. */
export type ByteDatabase = Database<Buffer, Uint8Array>;
/** An LMDB environment whose databases have keys and values that are bytes. */
export type ByteRoot = RootDatabase<Buffer, Uint8Array>;

/** A state of the databases that somebody holds, as lmdb-js takes it among the options of a read. */
export interface View {
  readonly transaction: Transaction;
}

/** How every database is opened: bytes in, bytes out; the encoding is the store's own. */
export const byteEncoding = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_PANIC, MDB_INVALID (lmdb.h). */
const damageCodes: ReadonlySet<unknown> = new Set([-30797, -30796, -30795, -30793]);

interface CodedError {
  readonly code?: unknown;
}

/** Whether LMDB says that its file is damaged. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && damageCodes.has((error as CodedError).code);
}

/** Runs one access to a database. Errors by which LMDB says that its file is damaged become DataLoss. */
export function access<T>(name: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (isDamage(error)) {
      throw new DataLossError(`table "${name}" cannot be read: ${messageOf(error)}`, { cause: error });
    }
    throw fromSystemError(error, `table "${name}"`);
  }
}

/** The open databases by the names of their tables. */
export class TableSet {
  readonly #databases: ReadonlyMap<string, ByteDatabase>;

  /** Opens, and makes where missing, one database for each name. */
  constructor(root: ByteRoot, names: readonly string[]) {
    this.#databases = new Map(names.map((name) => [name, root.openDB<Buffer, Uint8Array>({ name, ...byteEncoding })]));
  }

  /** @throws InternalError for a table that the store was not opened with. */
  get(name: string): ByteDatabase {
    const database = this.#databases.get(name);
    if (database === undefined) throw new InternalError(`table "${name}" is not among the tables of the store`);
    return database;
  }
}
