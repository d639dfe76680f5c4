import type { EventPublisher } from '../../events/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import { snapshotEventPayload, workspacesService } from '../../rpc/services/index.js';
import { LocalWorkspaces, type WorkspacePlace } from '../../workspaces/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface WorkspacesPluginConfig {
  readonly logger: Logger;
}

/** What people do with snapshots, in all snapshotters. */
export const workspacesPlugin = definePlugin<LocalWorkspaces, WorkspacesPluginConfig>({
  type: pluginTypes.workspaces,
  id: 'local',
  requires: [
    pluginTypes.snapshotter,
    pluginTypes.service,
    pluginTypes.metadata,
    pluginTypes.default,
    pluginTypes.event,
  ],
  init({ config: { logger }, single, all }) {
    const { own } = single(pluginTypes.metadata);
    if (own === undefined) throw new SkipPlugin('the containerd in front has the snapshots');
    const local = all(pluginTypes.snapshotter);
    const places = new Map<string, WorkspacePlace>();
    for (const [name, snapshotter] of single(pluginTypes.service)) {
      const found = local.get(name);
      if (found !== undefined) places.set(name, { snapshotter, local: found });
    }
    return new LocalWorkspaces({
      places,
      defaultName: single(pluginTypes.default).name,
      leases: own.leases,
      told: teller(single(pluginTypes.event), logger),
    });
  },
});

function teller(events: EventPublisher, logger: Logger): ConstructorParameters<typeof LocalWorkspaces>[0]['told'] {
  return async (snapshotter, event, call) => {
    try {
      await events.publish(event.topic, snapshotEventPayload(snapshotter, event), call);
    } catch (error) {
      logger.error(
        { err: error, topic: event.topic, snapshotter },
        'failed to publish an event; the operation succeeded',
      );
    }
  };
}

/** `strata.v1.Workspaces`. */
export const workspacesGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'workspaces',
  requires: [pluginTypes.workspaces],
  init({ all }) {
    const workspaces = all(pluginTypes.workspaces).get('local');
    if (workspaces === undefined) throw new SkipPlugin('there are no workspaces here');
    return workspacesService(workspaces);
  },
});
