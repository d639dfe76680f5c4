import { chmod, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import {
  fromSystemError,
  messageOf,
  NotFoundError,
  systemErrorCode,
  throwIfAborted,
  UnknownError,
} from '../../errors/index.js';
import { dataFileName } from './data-file.js';
import { syncDirectory } from './marker.js';
import type { ByteRoot } from './tables.js';
import { verifyInChild } from './verify.js';

/** How the directories begin in which a copy is made; one that a crash left is deleted by the next owner of the store. */
export const temporaryPrefix = '.strata-copy-';

/** A backup that is to be made. */
export interface BackupRequest {
  /** Where it goes. A file of that name is replaced, at once and as a whole. */
  readonly file: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes all records, as they stand at one moment, into a file that only its owner can read. It holds them without the
 * free pages of the store, has been read once completely, and is on disk when this resolves. Works in other threads and
 * processes, while the store is read and written.
 * @throws ResourceExhaustedError when the disk is full, DataLossError when records cannot be read, PermissionDeniedError
 * or NotFoundError when the file cannot be made; what was there is untouched then, and nothing is left beside it.
 */
export async function backUp(
  root: ByteRoot,
  { file, signal }: BackupRequest,
  faults: FaultPoints = noFaults,
): Promise<void> {
  throwIfAborted(signal);
  const target = path.resolve(file);
  await inTemporaryDirectory(path.dirname(target), async (directory) => {
    const copy = path.join(directory, dataFileName);
    await copyRecords(root, directory);
    await chmod(copy, 0o600);
    await verifyInChild({ path: directory, file: copy, signal });
    await syncFile(copy);
    faults.reach('backup.copied');
    await rename(copy, target);
    faults.reach('backup.named');
  });
  await syncDirectory(path.dirname(target));
}

async function copyRecords(root: ByteRoot, directory: string): Promise<void> {
  try {
    await root.backup(directory, true);
  } catch (error) {
    throw new UnknownError(`cannot copy the records to ${directory}: ${messageOf(error)}`, { cause: error });
  }
}

/** Makes a directory of its own for some work, and deletes it afterwards. */
export async function inTemporaryDirectory<T>(parent: string, work: (directory: string) => Promise<T>): Promise<T> {
  let directory: string | undefined;
  try {
    directory = await mkdtemp(path.join(parent, temporaryPrefix));
    return await work(directory);
  } catch (error) {
    if (directory !== undefined || systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error);
    throw new NotFoundError(`directory ${parent} does not exist`, { cause: error });
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** Deletes the temporary directories in a directory that nobody else uses. */
export async function removeTemporaryDirectories(parent: string): Promise<void> {
  const left = (await readdir(parent)).filter((name) => name.startsWith(temporaryPrefix));
  await Promise.all(left.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}

/** Puts what was written to a file on disk. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
