import { openNativeDriver } from '../../drivers/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, requireStore, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface NativePluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.native'];
}

/** Snapshots as full copies. */
export const nativePlugin = definePlugin<LocalSnapshotter, NativePluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'native',
  requires: [pluginTypes.store],
  async init(context) {
    requireStore(context);
    const { settings, durability, faults } = context.config;
    const { rootPath, manifest, projectIdBase } = settings;
    const driver = await openNativeDriver({
      root: rootPath || context.root,
      durability,
      manifest,
      faults,
      projectIdBase,
    });
    const limits = limitSettings(settings);
    return openSnapshotter({ name: 'native', driver, syncRemove: settings.syncRemove, limits, context });
  },
  stop: (snapshotter) => snapshotter.close(),
});
