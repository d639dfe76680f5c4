import type { EventPublisher } from '../../events/index.js';
import { definePlugin } from '../../plugins/index.js';
import { snapshotEventPayload } from '../../rpc/services/index.js';
import {
  type CallContext,
  completedCall,
  type RecordChange,
  type SnapshotEvent,
  SnapshotService,
  type SnapshotServiceOptions,
  type Snapshotter,
  withNamespace,
} from '../../snapshots/index.js';
import type { StatWatch } from '../front/stat-watch.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface SnapshotsServiceConfig {
  /** Whether a containerd in front keeps the namespaces and publishes events. */
  readonly proxy: boolean;
  /** Whether a containerd in front is answered at once when it asks for a clean-up. */
  readonly cleanupInBackground: boolean;
  /** The namespace of calls that name none; absent where every call has to name its own. */
  readonly namespace: string | undefined;
  readonly logger: Logger;
  /** Told what a containerd in front asks for. */
  readonly stats: StatWatch;
}

/** The internal snapshots service: every snapshotter, guarded, and publishing events unless a containerd in front does. */
export const snapshotsServicePlugin = definePlugin<ReadonlyMap<string, Snapshotter>, SnapshotsServiceConfig>({
  type: pluginTypes.service,
  id: 'snapshots-service',
  requires: [pluginTypes.metadata, pluginTypes.event],
  init({ config, single }) {
    const publisher = single(pluginTypes.event);
    const services = new Map<string, Snapshotter>();
    const { snapshotters, own } = single(pluginTypes.metadata);
    const changed = (change: RecordChange) => own?.collections.note(change);
    for (const [name, inner] of snapshotters) {
      services.set(name, new SnapshotService(inner, { changed, ...serviceOptions(name, publisher, config) }));
    }
    return services;
  },
  async stop(services) {
    await Promise.all([...services.values()].map((snapshotter) => snapshotter.close()));
  },
});

function serviceOptions(
  snapshotter: string,
  publisher: EventPublisher,
  { proxy, cleanupInBackground, namespace, logger, stats }: SnapshotsServiceConfig,
): SnapshotServiceOptions {
  if (proxy) {
    const onCleanupFailed = (error: unknown) => logger.warn({ err: error, snapshotter }, 'failed to clean up');
    return {
      // A containerd in front names its client's namespace in some calls and none in others; its keys have it already.
      complete: (call) => withNamespace(call, ''),
      asked: (key, there) => stats.tell({ snapshotter, key, there }),
      ...(cleanupInBackground ? { onCleanupFailed } : {}),
    };
  }
  const publish = async (event: SnapshotEvent, call: CallContext): Promise<void> => {
    const { topic } = event;
    try {
      await publisher.publish(topic, snapshotEventPayload(snapshotter, event), call);
    } catch (error) {
      logger.error({ err: error, topic, snapshotter }, 'failed to publish an event; the operation succeeded');
    }
  };
  return namespace === undefined ? { publish } : { publish, complete: (call) => completedCall(call, { namespace }) };
}
