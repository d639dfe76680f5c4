import { type ErofsOptions, openErofsDriver } from '../../drivers/index.js';
import { messageOf, NotImplementedError, PermissionDeniedError } from '../../errors/index.js';
import type { FaultPoints } from '../../faults/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { type Driver, type Durability, LocalSnapshotter } from '../../snapshots/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logger.js';
import { pluginTypes } from '../plugin-types.js';
import { limitSettings } from './limit-settings.js';
import { recoverInBackground } from './recover.js';

/** What the plugin gets: its part of the configuration, and where to report to. */
export interface ErofsPluginConfig {
  readonly settings: Config['plugins']['io.containerd.snapshotter.v1.erofs'];
  readonly durability: Durability;
  readonly logger: Logger;
  readonly faults: FaultPoints;
}

/** Snapshots as layers of overlayfs, the committed ones as erofs images. */
export const erofsPlugin = definePlugin<LocalSnapshotter, ErofsPluginConfig>({
  type: pluginTypes.snapshotter,
  id: 'erofs',
  requires: [pluginTypes.store],
  async init({ config: { settings, durability, logger, faults }, root, meta, single }) {
    const store = single(pluginTypes.store);
    const { rootPath, defaultSize, enableFsverity, setImmutable, ovlMountOptions, syncRemove, manifest } = settings;
    const errors = { report: (task: string, error: unknown) => logger.warn({ err: error }, `failed to ${task}`) };
    const driver = await openOrSkip({
      root: rootPath === '' ? root : rootPath,
      defaultSize,
      fsverity: enableFsverity,
      setImmutable,
      mountOptions: ovlMountOptions,
      manifest,
      durability,
      onBackgroundError: (error) => errors.report('look after the mounts and files of layers', error),
    });
    meta.exports.set('root', driver.root);
    meta.capabilities.push(...driver.capabilities.names);
    const limits = limitSettings(settings);
    const snapshotter = await LocalSnapshotter.open({
      name: 'erofs',
      store,
      driver,
      syncRemove,
      limits,
      errors,
      faults,
    });
    recoverInBackground({ name: 'erofs', snapshotter, meta, logger });
    return snapshotter;
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
