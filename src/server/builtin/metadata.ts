import { LocalBackend, NamespacedSnapshotter, Namespaces } from '../../metadata/index.js';
import { definePlugin } from '../../plugins/index.js';
import type { LocalSnapshotter, Snapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Face } from '../face.js';
import { type Metadata, pluginTypes } from '../plugin-types.js';

/** Namespaces, and every snapshotter that started as a namespaced one; or those as they are, for a containerd in front. */
export const metadataPlugin = definePlugin<Metadata, { readonly face: Face }>({
  type: pluginTypes.metadata,
  id: 'lmdb',
  requires: [pluginTypes.store, pluginTypes.event, pluginTypes.snapshotter],
  init({ config, meta, single, all }) {
    const store = single(pluginTypes.store);
    const backends = all(pluginTypes.snapshotter);
    meta.exports.set('path', store.path).set('policy', 'isolated');
    if (config.face === 'proxy') return { snapshotters: backends, namespaces: undefined };
    return { snapshotters: namespaced(store, backends), namespaces: new Namespaces(store) };
  },
});

function namespaced(store: Store, backends: ReadonlyMap<string, LocalSnapshotter>): Map<string, Snapshotter> {
  const snapshotters = new Map<string, Snapshotter>();
  for (const [name, snapshotter] of backends) {
    const backend = new LocalBackend(store, snapshotter);
    snapshotters.set(name, new NamespacedSnapshotter({ name, backend, snapshotter }));
  }
  return snapshotters;
}
