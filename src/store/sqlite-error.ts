import {
  DataLossError,
  FailedPreconditionError,
  fromSystemError,
  InternalError,
  messageOf,
  ResourceExhaustedError,
  StrataError,
  type StrataErrorClass,
  systemErrorCode,
  UnavailableError,
} from '../errors/index.js';
import { damaged } from './damage.js';

/**
 * SQLite's result codes by the class of Strata that they belong to; an extended code that is not listed counts as its
 * primary one. Everything else is a mistake in our SQL or in the state that it asks for.
 */
const classes: Readonly<Record<string, StrataErrorClass>> = {
  SQLITE_FULL: ResourceExhaustedError,
  SQLITE_NOMEM: ResourceExhaustedError,
  SQLITE_CORRUPT: DataLossError,
  SQLITE_NOTADB: DataLossError,
  SQLITE_IOERR: DataLossError,
  SQLITE_IOERR_NOMEM: ResourceExhaustedError,
  SQLITE_READONLY: FailedPreconditionError,
  SQLITE_PERM: FailedPreconditionError,
  SQLITE_CANTOPEN: FailedPreconditionError,
  SQLITE_BUSY: UnavailableError,
  SQLITE_PROTOCOL: UnavailableError,
};

/** Codes for a file whose content is not what SQLite wrote. */
const damage = new Set([
  'SQLITE_CORRUPT',
  'SQLITE_NOTADB',
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
]);

/** SQLite's (extended) result code in an error of SQLite, also one from another thread, or in the cause of one of ours. */
export function sqliteCode(thrown: unknown): string | undefined {
  const code = systemErrorCode(thrown);
  if (code?.startsWith('SQLITE_') === true) return code;
  return thrown instanceof StrataError && thrown.cause !== undefined ? sqliteCode(thrown.cause) : undefined;
}

/** Whether SQLite says that a file does not hold what it wrote there. */
export function isDamage(thrown: unknown): boolean {
  const code = sqliteCode(thrown) ?? '';
  return damage.has(code) || damage.has(primary(code));
}

/**
 * Whether SQLite was refused room on the disk. A quota, and room for the shared index of the log, it reports as an
 * input/output error.
 */
export function mayBeFull(thrown: unknown): boolean {
  const code = sqliteCode(thrown) ?? '';
  return primary(code) === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE' || code === 'SQLITE_IOERR_SHMSIZE';
}

/** Which database an error is about. */
export interface Place {
  readonly file: string;
  /** Where its backups are; for errors about damage. */
  readonly backups?: string | undefined;
}

/**
 * Turns an error of SQLite into one of the right class. Any other error, such as one thrown by a caller's own function, is returned
 * unchanged.
 */
export function explain(thrown: unknown, { file, backups }: Place): unknown {
  const code = sqliteCode(thrown);
  if (thrown instanceof StrataError || code === undefined) return thrown;
  if (isDamage(thrown)) return damaged(file, messageOf(thrown), { backups, cause: thrown });
  const Class = classes[code] ?? classes[primary(code)] ?? InternalError;
  return new Class(`store ${file}: ${messageOf(thrown)} (${code})`, { cause: thrown });
}

/** As {@link explain}, for an error of the system as well; anything else becomes Unknown. */
export function explainAny(thrown: unknown, place: Place): StrataError {
  const explained = explain(thrown, place);
  return explained instanceof StrataError ? explained : fromSystemError(explained, `store ${place.file}`);
}

/** The primary code of an extended one: SQLITE_IOERR of SQLITE_IOERR_READ. */
function primary(code: string): string {
  return code.split('_', 2).join('_');
}
