import { definePlugin } from '../../plugins/index.js';
import { snapshotEventPayload } from '../../rpc/services/index.js';
import {
  type CallContext,
  GuardedSnapshotter,
  PublishingSnapshotter,
  type SnapshotEvent,
  type Snapshotter,
} from '../../snapshots/index.js';
import type { Logger } from '../logging/logger.js';
import type { Face } from './face.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface SnapshotsServiceConfig {
  readonly face: Face;
  readonly logger: Logger;
}

/**
 * The internal snapshots service: every snapshotter, guarded, and publishing events unless a containerd in front does.
 */
export const snapshotsServicePlugin = definePlugin<ReadonlyMap<string, Snapshotter>, SnapshotsServiceConfig>({
  type: pluginTypes.service,
  id: 'snapshots-service',
  requires: [pluginTypes.metadata, pluginTypes.event],
  init({ config: { face, logger }, single }) {
    const publisher = single(pluginTypes.event);
    const services = new Map<string, Snapshotter>();
    for (const [name, inner] of single(pluginTypes.metadata).snapshotters) {
      const publish = (event: SnapshotEvent, call: CallContext): void | Promise<void> =>
        publisher.publish(event.topic, snapshotEventPayload(event), call);
      const onPublishError = (topic: string, error: unknown): void => {
        logger.error({ err: error, topic, snapshotter: name }, 'failed to publish an event; the operation succeeded');
      };
      const snapshotter =
        face === 'proxy' ? inner : new PublishingSnapshotter({ name, inner, publish, onPublishError });
      services.set(name, new GuardedSnapshotter(snapshotter));
    }
    return services;
  },
  async stop(services) {
    await Promise.all([...services.values()].map((snapshotter) => snapshotter.close()));
  },
});
