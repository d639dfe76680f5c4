import { definePlugin } from '../../plugins/index.js';
import { NamespacedSnapshotter, Namespaces, type Snapshotter } from '../../snapshots/index.js';
import { type Metadata, pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface MetadataPluginConfig {
  /** Whether a containerd in front keeps the namespaces. */
  readonly proxy: boolean;
}

/** Namespaces, and every started snapshotter with the rules of namespaces; in proxy mode the snapshotters without those rules. */
export const metadataPlugin = definePlugin<Metadata, MetadataPluginConfig>({
  type: pluginTypes.metadata,
  id: 'sqlite',
  requires: [pluginTypes.store, pluginTypes.event, pluginTypes.snapshotter],
  init({ config: { proxy }, meta, single, all }) {
    const store = single(pluginTypes.store);
    const local = all(pluginTypes.snapshotter);
    meta.exports.set('path', store.file).set('policy', 'isolated');
    if (proxy) return { snapshotters: local, namespaces: undefined };
    const snapshotters = new Map<string, Snapshotter>();
    for (const [name, snapshotter] of local) snapshotters.set(name, new NamespacedSnapshotter(snapshotter));
    return { snapshotters, namespaces: new Namespaces(store) };
  },
});
