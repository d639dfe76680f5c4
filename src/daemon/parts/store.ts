import { dirname } from 'node:path';
import type { FaultPoints } from '../../base/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { Durability } from '../../snapshots/index.js';
import { openStore, type Store } from '../../store/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';
import { refuseOldRoot, rootMigrations } from './root-store.js';

/** What the plugin gets. */
export interface StorePluginConfig {
  readonly durability: Durability;
  readonly faults: FaultPoints;
  readonly logger: Logger;
  /** Where backups are looked for when the store is damaged. */
  readonly backups: string;
}

/** The store of all records. */
export const storePlugin = definePlugin<Store, StorePluginConfig>({
  type: pluginTypes.store,
  id: 'sqlite',
  async init({ root, config: { durability, faults, logger, backups }, meta }) {
    // The plugin's directory lies directly in that of the daemon.
    const top = dirname(root);
    refuseOldRoot(top);
    meta.exports.set('root', top);
    const store = await openStore({
      directory: root,
      migrations: rootMigrations,
      durable: durability !== 'none',
      faults,
      backups,
      errors: (task, error) => logger.warn({ err: error }, `failed to ${task}`),
    });
    meta.exports.set('path', store.file);
    return store;
  },
  stop: (store) => store.close(),
});
