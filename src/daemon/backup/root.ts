import { type CallContext, noContext } from '../../snapshots/index.js';
import { type RestoredStore, restoreStore } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { openRootStore, refuseOldRoot, storeDirectory } from '../parts/root-store.js';

/**
 * Writes a backup of the records of a root that no daemon serves.
 * @throws NotFoundError when the root has none; FailedPreconditionError when a process has it; and as `Store.backup`.
 */
export async function backUpRoot(
  { root }: Pick<Config, 'root'>,
  file: string,
  { signal }: CallContext = noContext,
): Promise<void> {
  await using store = await openRootStore(root);
  await store.backup(file, signal);
}

/** Replaces the records of a root that no daemon serves by those of a backup. Throws as `restoreStore` and `refuseOldRoot`. */
export async function restoreRoot(
  { root }: Pick<Config, 'root'>,
  file: string,
  { signal }: CallContext = noContext,
): Promise<RestoredStore> {
  refuseOldRoot(root);
  return await restoreStore({ backup: file, directory: storeDirectory(root), signal });
}
