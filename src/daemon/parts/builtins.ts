import { type FaultPoints, noFaults } from '../../base/index.js';
import { type PluginReport, pluginName } from '../../plugins/index.js';
import type { Config } from '../config/index.js';
import { StatWatch } from '../front/stat-watch.js';
import type { Logger } from '../logging/logger.js';
import { backEnds } from './back-ends.js';
import { backupDirectory, backupPlugin } from './backup.js';
import { collectionPlugin } from './collection.js';
import { defaultSnapshotterPlugin } from './default-snapshotter.js';
import { eventPlugin } from './events.js';
import {
  eventsGrpcPlugin,
  introspectionGrpcPlugin,
  leasesGrpcPlugin,
  namespacesGrpcPlugin,
  snapshotsGrpcPlugin,
  versionGrpcPlugin,
} from './grpc.js';
import { imagesGrpcPlugin, imagesPlugin } from './images.js';
import { maintenanceGrpcPlugin } from './maintenance.js';
import { metadataPlugin } from './metadata.js';
import type { ConfiguredPlugin } from './plugin-types.js';
import { snapshotsServicePlugin } from './snapshots-service.js';
import { snapshotterPlugin } from './snapshotter-plugin.js';
import { storePlugin } from './store.js';
import { workspacesGrpcPlugin, workspacesPlugin } from './workspaces.js';

/** What the plugins are given. */
export interface BuiltinOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly reports: () => readonly PluginReport[];
  /** Resolves when calls are answered: what can be done after the start begins then. */
  readonly answering: Promise<unknown>;
  /** The namespace of calls that name none. Default: every call has to name its own. */
  readonly namespace?: string;
  /** Told at points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** Every plugin of the daemon. A new one is a line here. */
export function builtinPlugins({
  config,
  logger,
  reports,
  answering,
  namespace,
  faults = noFaults,
}: BuiltinOptions): readonly ConfiguredPlugin[] {
  const proxy = config.proxy.enabled;
  const fallback = proxy ? config.proxy.snapshotter : undefined;
  const { durability } = config;
  const stats = new StatWatch();
  const snapshotters = { logger, answering, durability, faults };
  return [
    { plugin: storePlugin, config: { durability, faults, logger, backups: backupDirectory(config) } },
    { plugin: backupPlugin, config: { config, logger } },
    { plugin: eventPlugin, config: { logger } },
    ...backEnds(config).map((backEnd) => ({ plugin: snapshotterPlugin(backEnd), config: snapshotters })),
    { plugin: defaultSnapshotterPlugin, config: { snapshotter: config.snapshotter, logger } },
    { plugin: metadataPlugin, config: { proxy, gc: config.gc, logger } },
    { plugin: collectionPlugin, config: { enabled: config.gc.enabled } },
    {
      plugin: snapshotsServicePlugin,
      config: { proxy, cleanupInBackground: config.proxy.cleanupInBackground, namespace, logger, stats },
    },
    { plugin: imagesPlugin, config: { proxy, limits: config.images, faults } },
    { plugin: snapshotsGrpcPlugin, config: { fallback } },
    { plugin: eventsGrpcPlugin, config: undefined },
    { plugin: namespacesGrpcPlugin, config: { logger } },
    { plugin: leasesGrpcPlugin, config: undefined },
    { plugin: workspacesPlugin, config: { logger } },
    { plugin: workspacesGrpcPlugin, config: undefined },
    { plugin: imagesGrpcPlugin, config: undefined },
    { plugin: maintenanceGrpcPlugin, config: { config, stats } },
    { plugin: introspectionGrpcPlugin, config: { reports } },
    { plugin: versionGrpcPlugin, config: undefined },
  ];
}

/** The configuration of each plugin, by the name of the plugin. */
export function configsByName(plugins: readonly ConfiguredPlugin[]): ReadonlyMap<string, unknown> {
  return new Map(plugins.map(({ plugin, config }) => [pluginName(plugin), config]));
}
