import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type FaultPoints, replaceProblem } from '../base/index.js';
import { FailedPreconditionError, fromSystemError, NotFoundError, systemErrorCode } from '../errors/index.js';
import { damaged } from './damage.js';
import { createFile, sync } from './files.js';
import { inWorker } from './worker.js';

/** The prefix of the directories for unfinished copies; the next owner of the store deletes those that a crash left. */
const temporaryPrefix = '.strata-copy-';

/** What a backup is made of. */
export interface BackupOptions {
  /** The database. */
  readonly from: string;
  /** The file that is made, or replaced at once and as a whole. */
  readonly to: string;
  readonly signal: AbortSignal | undefined;
  readonly faults: FaultPoints;
}

/**
 * Copies a database, as it is at one moment, into a single file that only its owner can read, in a thread of its own. The copy
 * has been read once completely and is on disk when it gets its name.
 * @throws ResourceExhaustedError when the disk is full; DataLossError when the copy is not sound; NotFoundError when there
 * is no directory for it; FailedPreconditionError when something else than a regular file lies there; CanceledError, DeadlineExceededError. What was there is untouched then, and nothing is left beside it.
 */
export async function backUp({ from, to, signal, faults }: BackupOptions): Promise<void> {
  const target = path.resolve(to);
  const problem = await replaceProblem(target).catch((error: unknown) => {
    throw fromSystemError(error, `cannot write ${target}`);
  });
  if (problem !== undefined) throw new FailedPreconditionError(problem);
  await inTemporaryDirectory(path.dirname(target), async (directory) => {
    const copy = path.join(directory, 'copy.db');
    createFile(copy);
    await copyDatabase(from, copy, signal);
    await sync(copy);
    faults.reach('backup.copied');
    await rename(copy, target);
    faults.reach('backup.named');
  });
  await sync(path.dirname(target));
}

async function copyDatabase(file: string, copyTo: string, signal: AbortSignal | undefined): Promise<void> {
  const [problem] = await inWorker({ file, what: { copyTo } }, { signal, background: true });
  if (problem !== undefined) throw damaged(file, problem);
}

/** Calls a function with a directory beside a file, and deletes the directory afterwards. */
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

/** Deletes what a killed process left in a directory that nobody else uses. */
export async function removeTemporaryDirectories(parent: string): Promise<void> {
  const left = (await readdir(parent)).filter((name) => name.startsWith(temporaryPrefix));
  await Promise.all(left.map((name) => rm(path.join(parent, name), { recursive: true, force: true })));
}
