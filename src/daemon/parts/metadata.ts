import type { EventPublisher } from '../../events/index.js';
import { definePlugin } from '../../plugins/index.js';
import { snapshotEventPayload } from '../../rpc/services/index.js';
import {
  type CollectedSnapshot,
  CollectionScheduler,
  Collector,
  Leases,
  type LocalSnapshotter,
  NamespacedSnapshotter,
  Namespaces,
  type SchedulerSettings,
  type Snapshotter,
} from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Logger } from '../logging/logger.js';
import { type Metadata, type OwnMetadata, pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface MetadataPluginConfig {
  /** Whether a containerd in front keeps the namespaces. */
  readonly proxy: boolean;
  /** When garbage is collected. */
  readonly gc: SchedulerSettings;
  readonly logger: Logger;
}

/**
 * Namespaces, leases and the collection of garbage, and every started snapshotter with the rules of namespaces; in proxy
 * mode the snapshotters alone, without those rules.
 */
export const metadataPlugin = definePlugin<Metadata, MetadataPluginConfig>({
  type: pluginTypes.metadata,
  id: 'sqlite',
  requires: [pluginTypes.store, pluginTypes.event, pluginTypes.snapshotter],
  init({ config, meta, single, all }) {
    const store = single(pluginTypes.store);
    const local = all(pluginTypes.snapshotter);
    meta.exports.set('path', store.file).set('policy', 'isolated').set('proxy', String(config.proxy));
    if (config.proxy) return { snapshotters: local, own: undefined };
    const snapshotters = new Map<string, Snapshotter>();
    for (const [name, snapshotter] of local) snapshotters.set(name, new NamespacedSnapshotter(snapshotter));
    return { snapshotters, own: ownMetadata({ store, local, events: single(pluginTypes.event), config }) };
  },
});

interface Needs {
  readonly store: Store;
  readonly local: ReadonlyMap<string, LocalSnapshotter>;
  readonly events: EventPublisher;
  readonly config: MetadataPluginConfig;
}

function ownMetadata({ store, local, events, config: { gc, logger } }: Needs): OwnMetadata {
  const collected = async ({ snapshotter, namespace, key }: CollectedSnapshot): Promise<void> => {
    const event = { topic: '/snapshot/remove', key } as const;
    try {
      await events.publish(event.topic, snapshotEventPayload(snapshotter, event), { namespace });
    } catch (error) {
      logger.error({ err: error, snapshotter, key }, 'failed to publish an event; the snapshot was collected');
    }
  };
  const collections = new CollectionScheduler({
    collector: new Collector({ store, snapshotters: local, collected }),
    settings: gc,
    finished: ({ snapshots, skipped, leases, milliseconds }) => {
      if (snapshots.length + leases === 0) return;
      const counts = { snapshots: snapshots.length, skipped: skipped.length, leases, milliseconds };
      logger.info(counts, 'collected what nothing keeps');
    },
    failed: (error) => logger.error({ err: error }, 'the collection of garbage failed; another one follows'),
  });
  const leases = new Leases(store, (change) => collections.note(change));
  return { namespaces: new Namespaces(store), leases, collections };
}
