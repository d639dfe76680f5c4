import { chmod, copyFile, link, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import {
  DataLossError,
  FailedPreconditionError,
  fromSystemError,
  NotFoundError,
  systemErrorCode,
  throwIfAborted,
} from '../../errors/index.js';
import { inTemporaryDirectory, syncFile } from './backup.js';
import { claimDirectory } from './claim.js';
import { damaged, dataFileName, inspectDataFile } from './data-file.js';
import { makeDirectory } from './environment.js';
import { logFileName } from './log-file.js';
import { readLog, replay, rewindDataFile } from './log-recovery.js';
import { syncDirectory } from './marker.js';
import { replacedPath } from './replaced.js';
import { verifyInChild } from './verify.js';

/** Which backup to take back. */
export interface RestoreOptions {
  /** The directory of the store; made when it is missing. */
  readonly path: string;
  /** The backup; it is only read. */
  readonly file: string;
  /** A table that only stores of this kind have. */
  readonly table: string;
  /** The time for the name of what is replaced. */
  readonly now: Date;
  readonly signal?: AbortSignal | undefined;
  /** Told when it passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** What came of it. */
export interface RestoredStore {
  /** The directory with the records that were replaced; undefined when there were none. */
  readonly replaced: string | undefined;
}

/**
 * Puts the records of a backup in the place of those of a store that nobody uses, in one step: after a crash the store
 * has the ones or the others. The backup is copied and read completely before. What it replaces is kept beside the
 * store, and as long as it is there, no files are deleted for want of records.
 * @throws FailedPreconditionError when a process uses the store, or the file holds records of another kind.
 * @throws DataLossError when the backup is damaged; NotFoundError when there is none. Nothing has changed then.
 */
export async function restoreLmdbStore(options: RestoreOptions): Promise<RestoredStore> {
  throwIfAborted(options.signal);
  try {
    await makeDirectory(options.path);
    await using _ = await claimDirectory(options.path);
    return await inTemporaryDirectory(options.path, (directory) => replace(directory, options));
  } catch (error) {
    throw fromSystemError(error);
  }
}

/**
 * Moves the records of a store that nobody uses to a directory beside it, as a restore does, and puts nothing in their
 * place: whoever opens it next finds it empty. As long as they are kept, no files are deleted for want of records.
 * @throws FailedPreconditionError when a process uses the store.
 */
export async function setLmdbStoreAside({
  path: store,
  now,
}: Pick<RestoreOptions, 'path' | 'now'>): Promise<RestoredStore> {
  try {
    await makeDirectory(store);
    await using _ = await claimDirectory(store);
    const replaced = await keep({ path: store, now });
    for (const name of [dataFileName, 'lock.mdb']) await rm(path.join(store, name), { force: true });
    await syncDirectory(store);
    return { replaced };
  } catch (error) {
    throw fromSystemError(error);
  }
}

async function replace(directory: string, options: RestoreOptions): Promise<RestoredStore> {
  const { faults = noFaults } = options;
  const copy = path.join(directory, dataFileName);
  await copyBackup(options.file, copy);
  await chmod(copy, 0o600);
  await check(directory, options);
  await syncFile(copy);
  faults.reach('restore.copied');
  await settle(options.path);
  const replaced = await keep(options);
  faults.reach('restore.kept');
  await rename(copy, path.join(options.path, dataFileName));
  faults.reach('restore.replaced');
  // LMDB makes a new one; the old one speaks of readers of the old file.
  await rm(path.join(options.path, 'lock.mdb'), { force: true });
  await syncDirectory(options.path);
  return { replaced };
}

async function copyBackup(file: string, copy: string): Promise<void> {
  try {
    await copyFile(file, copy);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new NotFoundError(`backup ${file} does not exist`, { cause: error });
  }
}

async function check(directory: string, { file, table, signal }: RestoreOptions): Promise<void> {
  const { state } = await inspectDataFile(path.join(directory, dataFileName), file);
  if (state === 'new') throw damaged(file, 'it is empty');
  const tables = await verifyInChild({ path: directory, file, signal });
  if (!tables.includes(table)) throw new FailedPreconditionError(`${file} is no backup of Strata: it has no ${table}`);
}

/**
 * Brings the data file that is to be replaced to the state that was answered, so that it needs no log; the new one must
 * not find a log that is open. What is damaged stays as it is: it is what a backup is taken back for.
 */
async function settle(directory: string): Promise<void> {
  try {
    const log = await readLog(directory);
    if (log?.head.state !== 'open') return;
    await rewindDataFile(directory, log);
    await verifyInChild({ path: directory, file: path.join(directory, dataFileName), signal: undefined });
    await replay(directory, log);
  } catch (error) {
    if (!(error instanceof DataLossError)) throw error;
    await rm(path.join(directory, logFileName), { force: true });
    await syncDirectory(directory);
  }
}

/** Gives the records that are to be replaced a second name. */
async function keep({ path: store, now }: Pick<RestoreOptions, 'path' | 'now'>): Promise<string | undefined> {
  const kept = replacedPath(store, now);
  await mkdir(kept, { mode: 0o700 });
  try {
    await link(path.join(store, dataFileName), path.join(kept, dataFileName));
  } catch (error) {
    await rm(kept, { recursive: true });
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  await syncDirectory(kept);
  await syncDirectory(path.dirname(kept));
  return kept;
}
