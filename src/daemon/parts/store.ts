import type { FaultPoints } from '../../base/index.js';
import { DataLossError } from '../../errors/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { Durability } from '../../snapshots/index.js';
import { type LmdbStoreOptions, openLmdbStore, type Store } from '../../store/index.js';
import { withNewestBackup } from '../backup/damage.js';
import { claimFace, type Face } from './face.js';
import { pluginTypes } from './plugin-types.js';
import { storeContent } from './root-store.js';

/** What the plugin gets. */
export interface StorePluginConfig {
  readonly face: Face;
  readonly durability: Durability;
  readonly faults: FaultPoints;
  /** Where backups are looked for when the store is damaged. */
  readonly backups: string;
}

/** The store of all records. */
export const storePlugin = definePlugin<Store, StorePluginConfig>({
  type: pluginTypes.store,
  id: 'lmdb',
  async init({ root, config, meta, signal }) {
    const { durability, faults } = config;
    const options = { path: root, ...storeContent, durable: durability !== 'none', signal, faults };
    const store = await openOrAdvise(options, config.backups);
    try {
      await claimFace(store, config.face);
    } catch (error) {
      await store.close();
      throw error;
    }
    meta.exports.set('path', store.path);
    return store;
  },
  stop: (store) => store.close(),
});

async function openOrAdvise(options: LmdbStoreOptions, backups: string): Promise<Store> {
  try {
    return await openLmdbStore(options);
  } catch (error) {
    throw error instanceof DataLossError ? await withNewestBackup(error, backups) : error;
  }
}
