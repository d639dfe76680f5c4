import { type BlockfileOptions, openBlockfileDriver } from '../../drivers/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { Driver, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, requireStore, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface BlockfilePluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.blockfile'];
}

/** Snapshots as images in files; skipped where none can be made. */
export const blockfilePlugin = definePlugin<LocalSnapshotter, BlockfilePluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'blockfile',
  requires: [pluginTypes.store],
  async init(context) {
    requireStore(context);
    const { settings, durability, faults } = context.config;
    const { rootPath, syncRemove, limitPolicy, ...options } = settings;
    const driver = await openOrSkip({ ...options, root: rootPath || context.root, durability, faults });
    // Without a label the size of an image is that of its parent, or `default_size`.
    return openSnapshotter({ name: 'blockfile', driver, syncRemove, limits: limitSettings({ limitPolicy }), context });
  },
  stop: (snapshotter) => snapshotter.close(),
});

async function openOrSkip(options: BlockfileOptions): Promise<Driver> {
  try {
    return await openBlockfileDriver(options);
  } catch (error) {
    if (error instanceof FailedPreconditionError) throw new SkipPlugin(error.context, { cause: error });
    throw error;
  }
}
