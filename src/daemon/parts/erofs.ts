import { type ErofsOptions, openErofsDriver } from '../../drivers/index.js';
import { messageOf, NotImplementedError, PermissionDeniedError } from '../../errors/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { Driver, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import { openSnapshotter, reporterTo, requireStore, type SnapshotterPluginConfig } from './open-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface ErofsPluginConfig extends SnapshotterPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.erofs'];
}

/** Snapshots as layers of overlayfs, the committed ones as erofs images. */
export const erofsPlugin = definePlugin<LocalSnapshotter, ErofsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'erofs',
  requires: [pluginTypes.store],
  async init(context) {
    requireStore(context);
    const { settings, durability, faults, logger } = context.config;
    const { rootPath, defaultSize, maxUnmergedLayers, enableFsverity, setImmutable, ovlMountOptions, manifest } =
      settings;
    const report = reporterTo(logger);
    const driver = await openOrSkip({
      root: rootPath || context.root,
      defaultSize,
      maxUnmergedLayers,
      fsverity: enableFsverity,
      setImmutable,
      mountOptions: ovlMountOptions,
      manifest,
      durability,
      faults,
      onBackgroundError: (error) => report('look after the mounts and files of layers', error),
    });
    const limits = limitSettings(settings);
    return openSnapshotter({ name: 'erofs', driver, syncRemove: settings.syncRemove, limits, context });
  },
  stop: (snapshotter) => snapshotter.close(),
});

async function openOrSkip(options: ErofsOptions): Promise<Driver> {
  try {
    return await openErofsDriver(options);
  } catch (error) {
    const lacks = error instanceof NotImplementedError || error instanceof PermissionDeniedError;
    throw lacks ? new SkipPlugin(messageOf(error), { cause: error }) : error;
  }
}
