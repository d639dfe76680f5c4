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

/** What an environment is opened with. */
export type EnvironmentOptions = Pick<ResolvedOptions, 'path' | 'tableNames' | 'mapSize'>;

/**
 * Opens the environment. Its commits do not wait for the disk, nor are they on disk in their order: that is the journal's
 * part.
 * @throws DataLossError when LMDB refuses the file.
 */
export function openRoot({ path: directory, tableNames, mapSize }: EnvironmentOptions): ByteRoot {
  return explained(directory, () => {
    const root = open<Buffer, Uint8Array>({
      path: directory,
      noSubdir: false,
      ...byteEncoding,
      overlappingSync: false,
      noSync: true,
      maxDbs: tableNames.length,
      maxReaders,
      ...(mapSize === undefined ? {} : { mapSize }),
    });
    // Readers that were killed still hold their places, and the pages that they saw.
    root.readerCheck();
    return root;
  });
}

/** Opens the tables, and makes those that are missing. @throws as {@link openRoot}. */
export function openTables(root: ByteRoot, { path: directory, tableNames }: EnvironmentOptions): TableSet {
  return explained(directory, () => new TableSet(root, tableNames));
}

function explained<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const context = `cannot open store ${directory}`;
    if (isDamage(error)) throw new DataLossError(`${context}: ${messageOf(error)}`, { cause: error });
    throw fromSystemError(error, context);
  }
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
