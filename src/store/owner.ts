import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { FailedPreconditionError } from '../errors/index.js';
import { createFile } from './files.js';
import { explain, sqliteCode } from './sqlite-error.js';

/**
 * Makes this process the only user of a directory until the result is disposed of or the process ends, however it ends. A
 * connection keeps an empty database locked; that is a kernel lock, which works across pid namespaces and ends with the
 * process. The process id in a refusal comes from a file beside it.
 * @throws FailedPreconditionError when it is in use, by another process or by this one.
 */
export function ownDirectory(directory: string): Disposable {
  const file = path.join(directory, 'owner.db');
  // An existing file is never opened with `fs`: closing it would drop this process's own lock.
  createFile(file);
  const database = new Database(file, { timeout: 0 });
  try {
    // Nothing is written, but SQLite would prepare a journal, which a full disk refuses.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw sqliteCode(error)?.startsWith('SQLITE_BUSY') === true ? inUse(directory) : explain(error, { file });
  }
  noteOwner(directory);
  return { [Symbol.dispose]: () => void database.close() };
}

function ownerFile(directory: string): string {
  return path.join(directory, 'owner');
}

/** Overwrites the file rather than replacing it: that works on a full disk too. */
function noteOwner(directory: string): void {
  const file = ownerFile(directory);
  createFile(file);
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, `${process.pid}\n`.padEnd(16), 0);
  } catch {
    // Then a refusal does not name this process.
  } finally {
    closeSync(fd);
  }
}

function inUse(directory: string): FailedPreconditionError {
  return new FailedPreconditionError(`store ${directory} is in use by ${readOwner(directory)}`);
}

function readOwner(directory: string): string {
  try {
    const pid = Number.parseInt(readFileSync(ownerFile(directory), 'utf8'), 10);
    return Number.isNaN(pid) ? 'another process' : `process ${pid}`;
  } catch {
    return 'another process';
  }
}
