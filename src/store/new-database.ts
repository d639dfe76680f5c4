import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Connection } from './connection.js';
import { damaged } from './damage.js';
import { createFile, sync } from './files.js';

/** The name of the database file in the directory of a store. */
export const databaseName = 'strata.db';

/** What `file` and `sqlite3` see at the beginning of a store: "Stra". */
export const applicationId = 0x53747261;

/** In bytes: small, since a change of a record writes whole pages, several of them. */
const pageSize = 1024;

/**
 * Makes the database of a new store, unless there is one. It gets its name when it is complete and on disk, so that an
 * empty file of that name is never a new store, but a damaged one.
 */
export async function makeDatabase(directory: string): Promise<void> {
  const file = path.join(directory, databaseName);
  if (existsSync(file)) return;
  const temporary = `${file}.new`;
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(temporary + suffix, { force: true });
  createFile(temporary);
  const database = new Database(temporary);
  try {
    database.pragma(`page_size = ${pageSize}`);
    database.pragma(`application_id = ${applicationId}`);
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  await sync(temporary);
  await rename(temporary, file);
  await sync(directory);
}

/** @throws DataLossError when a database is not of a store. */
export function refuseForeign(connection: Connection): void {
  if (connection.pragma('application_id') === applicationId) return;
  const { file, backups } = connection.place;
  throw damaged(file, 'it is the database of another program', { backups });
}
