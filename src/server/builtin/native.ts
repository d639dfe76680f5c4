import { openNativeDriver } from '../../drivers/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { definePlugin } from '../../plugins/index.js';
import { type Durability, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { limitSettings } from './limit-settings.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface NativePluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.native'];
  readonly durability: Durability;
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots as full copies. */
export const nativePlugin = definePlugin<LocalSnapshotter, NativePluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'native',
  requires: [pluginTypes.store],
  async init({ config: { settings, durability, logger, faults }, root, meta, single }) {
    const store = single(pluginTypes.store);
    const { rootPath, syncRemove, manifest } = settings;
    const driver = await openNativeDriver({ root: rootPath === '' ? root : rootPath, durability, manifest });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    const limits = limitSettings(settings);
    const snapshotter = await LocalSnapshotter.open({
      name: 'native',
      store,
      driver,
      syncRemove,
      limits,
      errors,
      faults,
    });
    recoverInBackground({ name: 'native', snapshotter, meta, logger });
    return snapshotter;
  },
  stop: (snapshotter) => snapshotter.close(),
});
