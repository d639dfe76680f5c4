import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataLossError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { type CallContext, noContext, reservedIdsTable } from '../../snapshots/index.js';
import { openLmdbStore } from '../../store/index.js';
import { listBackups } from '../backup/backup-files.js';
import { restoreRoot } from '../backup/root.js';
import { backupDirectory } from '../builtin/backup.js';
import { storeTables } from '../builtin/store.js';
import type { Config } from '../config/index.js';
import { storeDirectory } from './check-root.js';

/** Which records a root has now. */
export interface RebuiltRoot {
  /** The backup that they were taken from. */
  readonly file: string;
  /** The directory with the records that could not be read; undefined when there were none. */
  readonly replaced: string | undefined;
}

/**
 * Gives a root whose records are gone or cannot be read those of the newest backup that can be. The directories on disk
 * tell ids and content, but neither keys nor parents, so that without a backup nothing is done. A check afterwards says
 * what the backup does not fit.
 * @throws FailedPreconditionError when the records can be read, or a process has them; NotFoundError when there is no
 * backup; DataLossError when none of them can be read. Nothing has changed then.
 */
export async function rebuildRoot(config: Config, call: CallContext = noContext): Promise<RebuiltRoot> {
  await requireUnreadable(config, call);
  const directory = backupDirectory(config);
  const backups = await listBackups(directory);
  let failure: unknown = new NotFoundError(
    `there is no backup in ${directory}, and the files alone tell neither the keys nor the parents of snapshots`,
  );
  for (const { path: file } of backups) {
    try {
      return { file, replaced: (await restoreRoot(config, file, call)).replaced };
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function requireUnreadable({ root }: Config, { signal }: CallContext): Promise<void> {
  const path = storeDirectory(root);
  if (!existsSync(join(path, 'data.mdb'))) return;
  try {
    await using store = await openLmdbStore({ path, tables: storeTables, ...(signal === undefined ? {} : { signal }) });
    // A store that was never served counts as gone: it has been made in the place of one that was lost.
    if (store.read((tx) => tx.keys(reservedIdsTable)[Symbol.iterator]().next().done) === true) return;
  } catch (error) {
    if (error instanceof DataLossError) return;
    throw error;
  }
  throw new FailedPreconditionError(`the records of ${root} can be read; "strata check --repair" mends what is wrong`);
}
