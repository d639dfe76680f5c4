import { InvalidArgumentError } from '../../errors/index.js';
import { definePlugin, type PluginReport, SkipPlugin } from '../../plugins/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import {
  eventsService,
  introspectionService,
  leasesService,
  namespacesService,
  snapshotsService,
  versionService,
} from '../../rpc/services/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import { AUTO } from '../config/default-choice.js';
import { serverUuid } from '../lifecycle/server-uuid.js';
import { packageVersion } from '../lifecycle/version.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the snapshots service gets. */
export interface SnapshotsGrpcConfig {
  /** Which snapshotter answers for names that are not loaded, `auto` for the default one; undefined for none. */
  readonly fallback: string | undefined;
}

/** `containerd.services.snapshots.v1.Snapshots`. */
export const snapshotsGrpcPlugin = definePlugin<GrpcService, SnapshotsGrpcConfig>({
  type: pluginTypes.grpc,
  id: 'snapshots',
  requires: [pluginTypes.service, pluginTypes.default],
  init({ config, single }) {
    const snapshotters = single(pluginTypes.service);
    const chosen = single(pluginTypes.default).name;
    const fallback = config.fallback === AUTO ? chosen : config.fallback;
    return snapshotsService({
      resolveSnapshotter: (name) => resolve(snapshotters, name === AUTO ? chosen : name, fallback),
    });
  },
});

function resolve(
  snapshotters: ReadonlyMap<string, Snapshotter>,
  name: string,
  fallback: string | undefined,
): Snapshotter {
  // A containerd in front sends the name of its own table of proxy plugins, which need not be a name here.
  const found = snapshotters.get(name) ?? (fallback === undefined ? undefined : snapshotters.get(fallback));
  if (found !== undefined) return found;
  if (name === '') throw new InvalidArgumentError('snapshotter argument missing');
  throw new InvalidArgumentError(`snapshotter not loaded: ${name}`);
}

/** `containerd.services.events.v1.Events`. */
export const eventsGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'events',
  requires: [pluginTypes.event],
  init: ({ single }) => eventsService({ events: single(pluginTypes.event) }),
});

/** `containerd.services.namespaces.v1.Namespaces`. */
export const namespacesGrpcPlugin = definePlugin<GrpcService, { readonly logger: Logger }>({
  type: pluginTypes.grpc,
  id: 'namespaces',
  requires: [pluginTypes.metadata, pluginTypes.event],
  init({ config, single }) {
    const { own } = single(pluginTypes.metadata);
    if (own === undefined) throw new SkipPlugin('the containerd in front keeps the namespaces');
    return namespacesService({ namespaces: own.namespaces, events: single(pluginTypes.event), log: config.logger });
  },
});

/** `containerd.services.leases.v1.Leases`. */
export const leasesGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'leases',
  requires: [pluginTypes.metadata],
  init({ single }) {
    const { own } = single(pluginTypes.metadata);
    if (own === undefined) throw new SkipPlugin('the containerd in front keeps the leases');
    return leasesService({ leases: own.leases, collect: (signal) => own.collections.collect({ signal }) });
  },
});

/** What the introspection service gets. */
export interface IntrospectionGrpcConfig {
  /** How the plugins fared; asked at each call, since this plugin is one of them. */
  readonly reports: () => readonly PluginReport[];
}

/** `containerd.services.introspection.v1.Introspection`. */
export const introspectionGrpcPlugin = definePlugin<GrpcService, IntrospectionGrpcConfig>({
  type: pluginTypes.grpc,
  id: 'introspection',
  init: async ({ config, root }) => introspectionService({ plugins: config.reports, uuid: await serverUuid(root) }),
});

/** `containerd.services.version.v1.Version`. */
export const versionGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'version',
  init: () => versionService({ version: packageVersion(), revision: '' }),
});
