import path from 'node:path';
import { fromSystemError, throwIfAborted } from '../../errors/index.js';
import type { Store } from '../store.js';
import { removeTemporaryDirectories } from './backup.js';
import { claimDirectory } from './claim.js';
import { dataFileName, inspectDataFile } from './data-file.js';
import { closeRoot, makeDirectory, makeFiles, openRoot, openTables, syncDataFile } from './environment.js';
import { ensureFormat, formatTable } from './format.js';
import { Journal } from './journal.js';
import { LmdbStore, type LmdbStoreParts } from './lmdb-store.js';
import type { LogHead } from './log-format.js';
import { readLog, replay, rewindDataFile } from './log-recovery.js';
import { markInUse, unmarkInUse } from './marker.js';
import { makeDataFile } from './new-file.js';
import { type LmdbStoreOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { hasSoundPages } from './page-walk.js';
import { replacedStores } from './replaced.js';
import { verifyInChild } from './verify.js';

/**
 * Opens the store in a directory, and makes it when there is none: one LMDB environment, one database in it for each
 * table. Only this process can use it until it is closed.
 *
 * Takes a few milliseconds. When the last owner did not close the store, its pages are looked at first: a tenth of a second
 * for 100 MB. When they do not look as they should, or the file is short, everything in it is read in a process of its
 * own: some tenths of a second, and more for a large store.
 * @throws FailedPreconditionError when the store is in use; when its format is newer than `formatVersion`, or no
 * migration leads from it.
 * @throws DataLossError when the file is damaged.
 * @throws InternalError when two tables have the same name.
 * @throws CanceledError, DeadlineExceededError when the signal is aborted; nothing is left open then.
 * @throws whatever a migration throws.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const resolved = resolveOptions(options, [formatTable.name]);
  throwIfAborted(resolved.signal);
  const claim = await prepare(resolved);
  try {
    return await openStore(resolved, claim, await checkFile(resolved));
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepare({ path: directory }: ResolvedOptions): Promise<AsyncDisposable> {
  try {
    await makeDirectory(directory);
    return await claimDirectory(directory);
  } catch (error) {
    throw fromSystemError(error);
  }
}

/**
 * Brings the file to the state that was answered, and makes sure that LMDB can open it without crashing, as far as that
 * can be known.
 * @returns the log of the store, which is closed; undefined when there is none.
 */
async function checkFile({ path: directory, signal }: ResolvedOptions): Promise<LogHead | undefined> {
  const file = path.join(directory, dataFileName);
  const log = await readLog(directory);
  if (log?.head.state === 'open') await rewindDataFile(directory, log);
  const { state, pageSize } = await inspectDataFile(file);
  await makeFiles(directory);
  await removeTemporaryDirectories(directory);
  const unclean = await markInUse(directory);
  if (state === 'new') await makeDataFile(directory);
  throwIfAborted(signal);
  if (pageSize !== undefined) {
    const trusted = state === 'sound' && (!unclean || (await hasSoundPages({ file, pageSize, signal })));
    // Only LMDB itself can tell, at the risk of a crash.
    if (!trusted) await verifyInChild({ path: directory, file, signal });
  }
  throwIfAborted(signal);
  if (log?.head.state === 'open') return replay(directory, log);
  return log?.head;
}

async function openStore(options: ResolvedOptions, claim: AsyncDisposable, log: LogHead | undefined): Promise<Store> {
  const store = new LmdbStore({
    path: options.path,
    restored: (await replacedStores(options.path)).length > 0,
    faults: options.faults,
    ...(await openEnvironment(options, log)),
    afterClose: async (complete) => {
      if (!options.durable) await syncDataFile(options.path);
      if (complete) await unmarkInUse(options.path);
      await claim[Symbol.asyncDispose]();
    },
  });
  try {
    await ensureFormat(store, options);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openEnvironment(
  options: ResolvedOptions,
  head: LogHead | undefined,
): Promise<Pick<LmdbStoreParts, 'root' | 'tables' | 'journal'>> {
  const root = openRoot(options);
  let journal: Journal | undefined;
  try {
    // Before anything is changed, as making tables does.
    if (options.durable) journal = await Journal.open({ directory: options.path, root, head });
    return { root, tables: openTables(root, options), journal };
  } catch (error) {
    await journal?.release();
    await closeRoot(root);
    await journal?.close();
    throw fromSystemError(error);
  }
}
