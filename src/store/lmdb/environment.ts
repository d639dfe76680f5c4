import { mkdir, open as openFile } from 'node:fs/promises';
import path from 'node:path';
import { open } from 'lmdb';
import { DataLossError, fromSystemError, messageOf } from '../../errors/index.js';
import { dataFileName } from './data-file.js';
import { syncDirectory } from './marker.js';
import type { ResolvedOptions } from './options.js';
import { type ByteRoot, byteEncoding, isDamage, TableSet } from './tables.js';

/** LMDB's own default: how many readers there can be at once, in all threads and processes together. */
const maxReaders = 126;

/** An LMDB environment with its tables. */
export interface Environment {
  readonly root: ByteRoot;
  readonly tables: TableSet;
}

/** Makes the directory of a store, for its owner only, unless it is there; a power cut does not undo it. */
export async function makeDirectory(directory: string): Promise<void> {
  const target = path.resolve(directory);
  const first = await mkdir(target, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = target; made.length >= first.length; made = path.dirname(made)) {
    await syncDirectory(path.dirname(made));
  }
}

/** Makes the two files of LMDB before LMDB does, which would let everyone read them. */
export async function makeFiles(directory: string): Promise<void> {
  for (const name of [dataFileName, 'lock.mdb']) {
    const file = await openFile(path.join(directory, name), 'a', 0o600);
    await file.close();
  }
}

/** Puts everything that was written to the data file on disk. */
export async function syncDataFile(directory: string): Promise<void> {
  const file = await openFile(path.join(directory, dataFileName), 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Opens the environment and its tables, with plain LMDB crash rules: a commit is on disk before it is announced, unless
 * the store is not durable.
 * @throws DataLossError when LMDB refuses the file.
 */
export async function openEnvironment(options: ResolvedOptions): Promise<Environment> {
  let root: ByteRoot | undefined;
  try {
    root = openRoot(options);
    // Readers that were killed still hold their places, and the pages that they saw.
    root.readerCheck();
    return { root, tables: new TableSet(root, options.tableNames) };
  } catch (error) {
    if (root !== undefined) await closeRoot(root);
    const context = `cannot open store ${options.path}`;
    if (isDamage(error)) throw new DataLossError(`${context}: ${messageOf(error)}`, { cause: error });
    throw fromSystemError(error, context);
  }
}

function openRoot({ path: directory, tableNames, mapSize, durable }: ResolvedOptions): ByteRoot {
  return open<Buffer, Uint8Array>({
    path: directory,
    noSubdir: false,
    ...byteEncoding,
    overlappingSync: false,
    noSync: !durable,
    // The write queue makes its own batches. lmdb-js' batching would add a turn of the event loop to each commit and,
    // when a commit fails, reject a promise that nobody can get at.
    eventTurnBatching: false,
    maxDbs: tableNames.length,
    maxReaders,
    ...(mapSize === undefined ? {} : { mapSize }),
  });
}

/** Closes an environment in which nothing is under way. */
export async function closeRoot(root: ByteRoot): Promise<void> {
  try {
    // lmdb-js may block for ever when it is closed while a commit is not on disk yet.
    await root.flushed;
  } catch {
    // The last commit failed, and its callers have been told.
  }
  await root.close();
}
