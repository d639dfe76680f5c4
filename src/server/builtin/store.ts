import { metadataTables } from '../../metadata/index.js';
import { definePlugin } from '../../plugins/index.js';
import { type Durability, snapshotTables } from '../../snapshots/index.js';
import { openLmdbStore, type Store } from '../../store/index.js';
import { claimFace, type Face, faceTable } from '../face.js';
import { pluginTypes } from '../plugin-types.js';

const tables = [...snapshotTables, ...metadataTables, faceTable];

/** What the plugin gets. */
export interface StorePluginConfig {
  readonly face: Face;
  readonly durability: Durability;
}

/** The store of all records. */
export const storePlugin = definePlugin<Store, StorePluginConfig>({
  type: pluginTypes.store,
  id: 'lmdb',
  async init({ root, config, meta, signal }) {
    const store = await openLmdbStore({ path: root, tables, durable: config.durability !== 'none', signal });
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
