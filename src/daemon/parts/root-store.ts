import { join } from 'node:path';
import { devmapperTables } from '../../drivers/index.js';
import { metadataTables } from '../../metadata/index.js';
import { snapshotTables } from '../../snapshots/index.js';
import { type LmdbStoreOptions, openLmdbStore, type Store } from '../../store/index.js';
import { defaultSnapshotterTable } from './default-snapshotter.js';
import { faceTable } from './face.js';

/** What is in the store of a root, and in which format. */
export const storeContent = {
  tables: [...snapshotTables, ...metadataTables, ...devmapperTables, faceTable, defaultSnapshotterTable],
  formatVersion: 2,
  migrations: [
    // The records are the same. What is new is the log in front of them, which programs for format 1 would pass over.
    { from: 1, to: 2, migrate: () => undefined },
  ],
} satisfies Partial<LmdbStoreOptions>;

/** Where the store of a root lies: the directory of the plugin. */
export function storeDirectory(root: string): string {
  return join(root, 'io.strata.store.v1.lmdb');
}

/** Opens the store of a root that no daemon serves. Throws as `openLmdbStore`. */
export function openRootStore(root: string, signal: AbortSignal | undefined): Promise<Store> {
  return openLmdbStore({ path: storeDirectory(root), ...storeContent, ...(signal === undefined ? {} : { signal }) });
}
