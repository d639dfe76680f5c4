import type { FaultPoints } from '../../base/index.js';
import { indexLabels, LocalBackend, NamespacedSnapshotter, Namespaces } from '../../metadata/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { LocalSnapshotter, Snapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Logger } from '../logging/logger.js';
import type { Face } from './face.js';
import { type Metadata, pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface MetadataPluginConfig {
  readonly face: Face;
  readonly faults: FaultPoints;
  readonly logger: Logger;
}

/** Namespaces, and every snapshotter that started as a namespaced one; or those as they are, for a containerd in front. */
export const metadataPlugin = definePlugin<Metadata, MetadataPluginConfig>({
  type: pluginTypes.metadata,
  id: 'lmdb',
  requires: [pluginTypes.store, pluginTypes.event, pluginTypes.snapshotter],
  async init({ config, meta, single, all, signal }) {
    const store = single(pluginTypes.store);
    const backends = all(pluginTypes.snapshotter);
    meta.exports.set('path', store.path).set('policy', 'isolated');
    if (config.face === 'proxy') return { snapshotters: backends, namespaces: undefined };
    await indexLabels(store, signal);
    return { snapshotters: namespaced(store, backends, config), namespaces: new Namespaces(store) };
  },
});

function namespaced(
  store: Store,
  backends: ReadonlyMap<string, LocalSnapshotter>,
  { faults, logger }: MetadataPluginConfig,
): Map<string, Snapshotter> {
  const snapshotters = new Map<string, Snapshotter>();
  for (const [name, snapshotter] of backends) {
    const report = (task: string, error: unknown) =>
      logger.warn({ err: error, snapshotter: name }, `failed to ${task}`);
    const errors = { report };
    const backend = new LocalBackend({ store, snapshotter, faults, errors });
    snapshotters.set(name, new NamespacedSnapshotter({ name, backend, snapshotter, errors }));
  }
  return snapshotters;
}
