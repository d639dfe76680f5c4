import { type FaultPoints, noFaults } from '../../base/index.js';
import { type AnyRegistration, type PluginReport, pluginName } from '../../plugins/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logging/logger.js';
import { backupDirectory, backupPlugin } from './backup.js';
import { blockfilePlugin } from './blockfile.js';
import { btrfsPlugin } from './btrfs.js';
import { defaultSnapshotterPlugin } from './default-snapshotter.js';
import { devmapperPlugin } from './devmapper.js';
import { erofsPlugin } from './erofs.js';
import { eventPlugin } from './events.js';
import type { Face } from './face.js';
import {
  eventsGrpcPlugin,
  introspectionGrpcPlugin,
  namespacesGrpcPlugin,
  snapshotsGrpcPlugin,
  versionGrpcPlugin,
} from './grpc.js';
import { maintenanceGrpcPlugin } from './maintenance.js';
import { metadataPlugin } from './metadata.js';
import { nativePlugin } from './native.js';
import { overlayfsPlugin } from './overlayfs.js';
import { snapshotsServicePlugin } from './snapshots-service.js';
import { storePlugin } from './store.js';

/** What the plugins are given. */
export interface BuiltinOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly reports: () => readonly PluginReport[];
  /** Resolves when calls are answered: what can be done after the start begins then. */
  readonly answering: Promise<unknown>;
  /** Told at points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** A plugin and the configuration that is meant for it. */
export interface ConfiguredPlugin {
  readonly plugin: AnyRegistration;
  readonly config: unknown;
}

/** Every plugin of the daemon. A new one is a line here. */
export function builtinPlugins({
  config,
  logger,
  reports,
  answering,
  faults = noFaults,
}: BuiltinOptions): readonly ConfiguredPlugin[] {
  const face: Face = config.proxy.enabled ? 'proxy' : 'namespaced';
  const fallback = config.proxy.enabled ? config.proxy.snapshotter : undefined;
  const { durability, plugins: settings } = config;
  const overlayRoot = settings['io.containerd.snapshotter.v1.overlayfs'].rootPath || config.root;
  return [
    { plugin: storePlugin, config: { face, durability, faults, backups: backupDirectory(config) } },
    { plugin: backupPlugin, config: { config, logger } },
    { plugin: eventPlugin, config: { logger } },
    {
      plugin: overlayfsPlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.overlayfs'] },
    },
    {
      plugin: btrfsPlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.btrfs'] },
    },
    {
      plugin: nativePlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.native'] },
    },
    {
      plugin: erofsPlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.erofs'] },
    },
    {
      plugin: devmapperPlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.devmapper'] },
    },
    {
      plugin: blockfilePlugin,
      config: { logger, answering, durability, faults, settings: settings['io.containerd.snapshotter.v1.blockfile'] },
    },
    { plugin: defaultSnapshotterPlugin, config: { snapshotter: config.snapshotter, overlayRoot, logger } },
    { plugin: metadataPlugin, config: { face, faults, logger } },
    { plugin: snapshotsServicePlugin, config: { face, logger } },
    { plugin: snapshotsGrpcPlugin, config: { fallback } },
    { plugin: eventsGrpcPlugin, config: undefined },
    { plugin: namespacesGrpcPlugin, config: { logger } },
    { plugin: maintenanceGrpcPlugin, config: { face, config } },
    { plugin: introspectionGrpcPlugin, config: { reports } },
    { plugin: versionGrpcPlugin, config: undefined },
  ];
}

/** The configuration of each plugin, by the name of the plugin. */
export function configsByName(plugins: readonly ConfiguredPlugin[]): ReadonlyMap<string, unknown> {
  return new Map(plugins.map(({ plugin, config }) => [pluginName(plugin), config]));
}
