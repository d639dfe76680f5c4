import { type BtrfsOptions, openBtrfsDriver } from '../../drivers/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { Driver, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, requireStore, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface BtrfsPluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.btrfs'];
}

/** Snapshots as subvolumes of btrfs; skipped where the root is on another file system. */
export const btrfsPlugin = definePlugin<LocalSnapshotter, BtrfsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'btrfs',
  requires: [pluginTypes.store],
  async init(context) {
    requireStore(context);
    const { settings, faults } = context.config;
    const { rootPath, manifest } = settings;
    const driver = await openOrSkip({ root: rootPath || context.root, manifest, faults });
    const limits = limitSettings(settings);
    return openSnapshotter({ name: 'btrfs', driver, syncRemove: settings.syncRemove, limits, context });
  },
  stop: (snapshotter) => snapshotter.close(),
});

async function openOrSkip(options: BtrfsOptions): Promise<Driver> {
  try {
    return await openBtrfsDriver(options);
  } catch (error) {
    if (error instanceof FailedPreconditionError) throw new SkipPlugin(error.context, { cause: error });
    throw error;
  }
}
