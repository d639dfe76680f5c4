import { chmod, copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type FaultPoints, fileKind, noFaults } from '../base/index.js';
import {
  DataLossError,
  fromSystemError,
  InvalidArgumentError,
  NotFoundError,
  systemErrorCode,
  throwIfAborted,
} from '../errors/index.js';
import { inTemporaryDirectory } from './backup.js';
import { Connection } from './connection.js';
import { damaged } from './damage.js';
import { makeDirectory, sync } from './files.js';
import { databaseName, refuseForeign } from './new-database.js';
import { ownDirectory } from './owner.js';
import { inWorker } from './worker.js';

/** Which backup to restore, and where to. */
export interface RestoreOptions {
  /** What `Store.backup` has written; it is only read. */
  readonly backup: string;
  /** The directory of the store; made when it is missing. */
  readonly directory: string;
  readonly signal?: AbortSignal | undefined;
  /** The time for the name of what is replaced. Default: now. */
  readonly now?: Date;
  /** Told at the points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** The outcome of a restore. */
export interface RestoredStore {
  /** The directory with the database that was replaced; undefined when there was none. */
  readonly replaced: string | undefined;
}

/**
 * Replaces the database of a store that nobody uses by a backup, in one step: after a crash the store has the one or the other.
 * The backup is copied and read completely first. The replaced database is kept beside the store, see `replacedStores`.
 * @throws FailedPreconditionError when a process uses the store.
 * @throws DataLossError when the backup is damaged or no backup of a store; NotFoundError when there is none;
 * InvalidArgumentError when it is no regular file. Nothing has changed then.
 */
export async function restoreStore(options: RestoreOptions): Promise<RestoredStore> {
  const { directory, signal } = options;
  throwIfAborted(signal);
  try {
    await requireFile(options.backup);
    await makeDirectory(directory);
    using _ = ownDirectory(directory);
    return await inTemporaryDirectory(directory, (temporary) => replace(temporary, options));
  } catch (error) {
    throw fromSystemError(error);
  }
}

/** The directories with replaced databases that nobody has deleted yet, oldest first. */
export async function replacedStores(directory: string): Promise<string[]> {
  const { dir, base } = path.parse(path.resolve(directory));
  const names = await readdir(dir);
  return names
    .filter((name) => name.startsWith(`${base}${infix}`))
    .sort()
    .map((name) => path.join(dir, name));
}

/** Between the name of a store and the date of its replacement. */
const infix = '.replaced-';

async function replace(
  temporary: string,
  { backup, directory, signal, now, faults = noFaults }: RestoreOptions,
): Promise<RestoredStore> {
  const [copy, file] = [path.join(temporary, databaseName), path.join(directory, databaseName)];
  await copyBackup(backup, copy);
  await checkBackup(copy, backup, signal);
  await sync(copy);
  faults.reach('restore.copied');
  settle(file);
  const replaced = await keep(directory, now ?? new Date());
  faults.reach('restore.kept');
  // A log would be taken for that of the new database. There is one only when the old database is too damaged to take it in.
  for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
  await sync(directory);
  await rename(copy, file);
  faults.reach('restore.replaced');
  await sync(directory);
  return { replaced };
}

/** Before anything is made: of a FIFO nobody could tell how long its content takes to come. */
async function requireFile(backup: string): Promise<void> {
  const stats = await stat(backup).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT')
      throw new NotFoundError(`backup ${backup} does not exist`, { cause: error });
    throw fromSystemError(error, `cannot read backup ${backup}`);
  });
  if (!stats.isFile()) throw new InvalidArgumentError(`backup ${backup} is ${fileKind(stats)}, want a regular file`);
  try {
    await (await open(backup)).close();
  } catch (error) {
    throw fromSystemError(error, `cannot read backup ${backup}`);
  }
}

async function copyBackup(backup: string, copy: string): Promise<void> {
  await copyFile(backup, copy);
  await chmod(copy, 0o600);
}

/** Errors about damage name the backup, not its copy. */
async function checkBackup(copy: string, backup: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    {
      using connection = new Connection(copy, { timeout: 0 });
      refuseForeign(connection);
    }
    const [problem] = await inWorker({ file: copy, what: 'verify' }, { signal });
    if (problem !== undefined) throw damaged(backup, problem);
  } catch (error) {
    if (!(error instanceof DataLossError)) throw error;
    throw new DataLossError(error.context.replaceAll(copy, backup), { cause: error });
  }
}

/** Has SQLite copy the log into the file that is to be replaced, so that the file alone is complete. */
function settle(file: string): void {
  try {
    using _ = new Connection(file, { timeout: 0 });
  } catch {
    // It is missing, or so damaged that it stays as it is.
  }
}

/** Gives what is to be replaced a second name. */
async function keep(directory: string, now: Date): Promise<string | undefined> {
  const store = path.resolve(directory);
  const kept = `${store}${infix}${now.toISOString().replaceAll(':', '-')}`;
  await mkdir(kept, { mode: 0o700 });
  const linked = await linkIfThere(store, kept, databaseName);
  await linkIfThere(store, kept, `${databaseName}-wal`);
  if (!linked) {
    await rm(kept, { recursive: true });
    return undefined;
  }
  await sync(kept);
  await sync(path.dirname(kept));
  return kept;
}

async function linkIfThere(from: string, to: string, name: string): Promise<boolean> {
  try {
    await link(path.join(from, name), path.join(to, name));
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
