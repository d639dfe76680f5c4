import { openDevmapperDriver } from '../../drivers/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { deviceMapperMissing } from '../../linux/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, reporterTo, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface DevmapperPluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.devmapper'];
}

/** Snapshots on thin devices; skipped where no pool is configured, or the kernel has no device mapper. */
export const devmapperPlugin = definePlugin<LocalSnapshotter, DevmapperPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'devmapper',
  requires: [pluginTypes.store],
  async init(context) {
    const { settings, durability, faults, logger } = context.config;
    requireConfigured(settings);
    const report = reporterTo(logger);
    const { rootPath, poolName, baseImageSize, fsType, fsOptions, discardBlocks, asyncRemove, manifest } = settings;
    const driver = await openDevmapperDriver({
      root: rootPath || context.root,
      store: context.single(pluginTypes.store),
      poolName,
      baseImageSize,
      fileSystem: fsType,
      fileSystemOptions: fsOptions.split(' ').filter((word) => word !== ''),
      discardBlocks,
      manifest,
      durability,
      faults,
      onBackgroundError: (error) => report('ready a device', error),
    });
    // Without a label a snapshot has the size of its parent, or `base_image_size`.
    const limits = limitSettings(settings);
    return openSnapshotter({ name: 'devmapper', driver, syncRemove: !asyncRemove, limits, context });
  },
  stop: (snapshotter) => snapshotter.close(),
});

function requireConfigured({ poolName, baseImageSize }: DevmapperPluginConfig['settings']): void {
  if (poolName === '') throw new SkipPlugin('devmapper not configured: pool_name is empty');
  if (baseImageSize === 0) throw new InvalidArgumentError('devmapper: base_image_size is required with pool_name');
  const missing = deviceMapperMissing();
  if (missing !== undefined) throw new SkipPlugin(missing);
}
