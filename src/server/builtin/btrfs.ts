import { type BtrfsOptions, openBtrfsDriver } from '../../drivers/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { type Driver, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { limitSettings } from './limit-settings.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface BtrfsPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.btrfs'];
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots as subvolumes of btrfs; skipped where the root is on another file system. */
export const btrfsPlugin = definePlugin<LocalSnapshotter, BtrfsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'btrfs',
  requires: [pluginTypes.store],
  async init({ config: { settings, logger, faults }, root, meta, single }) {
    const store = single(pluginTypes.store);
    const { rootPath, syncRemove, manifest } = settings;
    const driver = await openOrSkip({ root: rootPath === '' ? root : rootPath, manifest });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    const limits = limitSettings(settings);
    const snapshotter = await LocalSnapshotter.open({
      name: 'btrfs',
      store,
      driver,
      syncRemove,
      limits,
      errors,
      faults,
    });
    recoverInBackground({ name: 'btrfs', snapshotter, meta, logger });
    return snapshotter;
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
