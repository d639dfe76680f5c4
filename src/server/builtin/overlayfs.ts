import { openOverlayDriver } from '../../drivers/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { definePlugin } from '../../plugins/index.js';
import { type Durability, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { limitSettings } from './limit-settings.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface OverlayfsPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.overlayfs'];
  readonly durability: Durability;
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots as layers of overlayfs. */
export const overlayfsPlugin = definePlugin<LocalSnapshotter, OverlayfsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'overlayfs',
  requires: [pluginTypes.store],
  async init({ config: { settings, durability, logger, faults }, root, meta, single }) {
    const store = single(pluginTypes.store);
    const { rootPath, upperdirLabel, slowChown, mountOptions, projectIdBase, syncRemove, flattenDepth, manifest } =
      settings;
    const driver = await openOverlayDriver({
      root: rootPath === '' ? root : rootPath,
      upperdirLabel,
      slowChown,
      mountOptions,
      projectIdBase,
      manifest,
      durability,
      faults,
      onBackgroundError: (error) => logger.warn({ err: error }, 'failed to make directories ahead'),
      flattenDepth,
      onFlattenError: (error) => logger.warn({ err: error }, 'failed to merge a deep chain; it stays as it is'),
    });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    const limits = limitSettings(settings);
    const snapshotter = await LocalSnapshotter.open({
      name: 'overlayfs',
      store,
      driver,
      syncRemove,
      limits,
      errors,
      faults,
    });
    recoverInBackground({ name: 'overlayfs', snapshotter, meta, logger });
    return snapshotter;
  },
  stop: (snapshotter) => snapshotter.close(),
});
