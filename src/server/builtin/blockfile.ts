import { type BlockfileOptions, openBlockfileDriver } from '../../drivers/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { type Driver, type Durability, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface BlockfilePluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.blockfile'];
  readonly durability: Durability;
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots as images in files; skipped where none can be made. */
export const blockfilePlugin = definePlugin<LocalSnapshotter, BlockfilePluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'blockfile',
  requires: [pluginTypes.store],
  async init({ config: { settings, durability, logger, faults }, root, meta, single }) {
    const store = single(pluginTypes.store);
    const { rootPath, syncRemove, limitPolicy, ...options } = settings;
    const driver = await openOrSkip({ ...options, root: rootPath === '' ? root : rootPath, durability });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    // Without a label the size of an image is that of its parent, or `default_size`.
    const limits = { policy: limitPolicy };
    const snapshotter = await LocalSnapshotter.open({
      name: 'blockfile',
      store,
      driver,
      syncRemove,
      limits,
      errors,
      faults,
    });
    recoverInBackground({ name: 'blockfile', snapshotter, meta, logger });
    return snapshotter;
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
