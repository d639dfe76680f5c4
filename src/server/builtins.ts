import { type FaultPoints, noFaults } from '../faults/index.js';
import { type AnyRegistration, type PluginReport, pluginName } from '../plugins/index.js';
import { backupDirectory, backupPlugin } from './builtin/backup.js';
import { blockfilePlugin } from './builtin/blockfile.js';
import { btrfsPlugin } from './builtin/btrfs.js';
import { defaultSnapshotterPlugin } from './builtin/default-snapshotter.js';
import { devmapperPlugin } from './builtin/devmapper.js';
import { erofsPlugin } from './builtin/erofs.js';
import { eventPlugin } from './builtin/events.js';
import {
  eventsGrpcPlugin,
  introspectionGrpcPlugin,
  namespacesGrpcPlugin,
  snapshotsGrpcPlugin,
  versionGrpcPlugin,
} from './builtin/grpc.js';
import { maintenanceGrpcPlugin } from './builtin/maintenance.js';
import { metadataPlugin } from './builtin/metadata.js';
import { nativePlugin } from './builtin/native.js';
import { overlayfsPlugin } from './builtin/overlayfs.js';
import { snapshotsServicePlugin } from './builtin/snapshots-service.js';
import { storePlugin } from './builtin/store.js';
import type { Config } from './config/index.js';
import type { Face } from './face.js';
import type { Logger } from './logger.js';

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
