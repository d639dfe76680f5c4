import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { CollectionScheduler } from '../../snapshots/index.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface CollectionPluginConfig {
  /** Whether collections run by themselves. */
  readonly enabled: boolean;
}

/** Lets collections run by themselves. */
export const collectionPlugin = definePlugin<CollectionScheduler, CollectionPluginConfig>({
  type: pluginTypes.gc,
  id: 'scheduler',
  requires: [pluginTypes.metadata],
  init({ config: { enabled }, single }) {
    const { own } = single(pluginTypes.metadata);
    if (own === undefined) throw new SkipPlugin('the containerd in front collects');
    if (!enabled) throw new SkipPlugin('the configuration leaves it out (gc.enabled)');
    own.collections.start();
    return own.collections;
  },
  stop: (collections) => collections.close(),
});
