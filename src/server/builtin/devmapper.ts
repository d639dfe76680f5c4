import { openDevmapperDriver } from '../../drivers/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { deviceMapperMissing } from '../../linux/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { type Durability, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface DevmapperPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.devmapper'];
  readonly durability: Durability;
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots on thin devices; skipped where no pool is configured, or the kernel has no device mapper. */
export const devmapperPlugin = definePlugin<LocalSnapshotter, DevmapperPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'devmapper',
  requires: [pluginTypes.store],
  async init({ config: { settings, durability, logger, faults }, root, meta, single }) {
    requireConfigured(settings);
    const store = single(pluginTypes.store);
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    const { rootPath, poolName, baseImageSize, fsType, fsOptions, discardBlocks, asyncRemove } = settings;
    const driver = await openDevmapperDriver({
      root: rootPath === '' ? root : rootPath,
      store,
      poolName,
      baseImageSize,
      fileSystem: fsType,
      fileSystemOptions: fsOptions.split(' ').filter((word) => word !== ''),
      discardBlocks,
      durability,
      onBackgroundError: (error) => errors.report('ready a device', error),
    });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const syncRemove = !asyncRemove;
    const snapshotter = await LocalSnapshotter.open({ name: 'devmapper', store, driver, syncRemove, errors, faults });
    recoverInBackground({ name: 'devmapper', snapshotter, meta, logger });
    return snapshotter;
  },
  stop: (snapshotter) => snapshotter.close(),
});

function requireConfigured({ poolName, baseImageSize }: DevmapperPluginConfig['settings']): void {
  if (poolName === '') throw new SkipPlugin('devmapper not configured: pool_name is empty');
  if (baseImageSize === 0) throw new InvalidArgumentError('devmapper: base_image_size is required with pool_name');
  const missing = deviceMapperMissing();
  if (missing !== undefined) throw new SkipPlugin(missing);
}
