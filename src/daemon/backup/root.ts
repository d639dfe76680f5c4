import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NotFoundError } from '../../errors/index.js';
import { type CallContext, noContext, snapshotsTable } from '../../snapshots/index.js';
import { type RestoredStore, restoreLmdbStore } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { openRootStore, storeDirectory } from '../parts/root-store.js';

/**
 * Writes a backup of the records of a root that no daemon serves.
 * @throws NotFoundError when the root has none; FailedPreconditionError when a process has it; and as `Store.backUp`.
 */
export async function backUpRoot(
  { root }: Pick<Config, 'root'>,
  file: string,
  { signal }: CallContext = noContext,
): Promise<void> {
  const path = storeDirectory(root);
  if (!existsSync(join(path, 'data.mdb'))) throw new NotFoundError(`the root ${root} has no records: ${path}`);
  await using store = await openRootStore(root, signal);
  await store.backUp({ file, signal });
}

/** Puts the records of a backup in the place of those of a root that no daemon serves; see `restoreLmdbStore`. */
export function restoreRoot(
  { root }: Pick<Config, 'root'>,
  file: string,
  { signal }: CallContext = noContext,
): Promise<RestoredStore> {
  return restoreLmdbStore({ path: storeDirectory(root), file, table: snapshotsTable.name, now: new Date(), signal });
}
