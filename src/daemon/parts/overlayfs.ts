import { openOverlayDriver } from '../../drivers/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, requireStore, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface OverlayfsPluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.overlayfs'];
}

/** Snapshots as layers of overlayfs. */
export const overlayfsPlugin = definePlugin<LocalSnapshotter, OverlayfsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'overlayfs',
  requires: [pluginTypes.store],
  async init(context) {
    requireStore(context);
    const { settings, durability, logger, faults } = context.config;
    const { rootPath, upperdirLabel, slowChown, mountOptions, projectIdBase, flattenDepth, manifest } = settings;
    const driver = await openOverlayDriver({
      root: rootPath || context.root,
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
    const limits = limitSettings(settings);
    return openSnapshotter({ name: 'overlayfs', driver, syncRemove: settings.syncRemove, limits, context });
  },
  stop: (snapshotter) => snapshotter.close(),
});
