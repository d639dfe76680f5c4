import type { FaultPoints } from '../../base/index.js';
import { LocalImages } from '../../images/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import { imagesService } from '../../rpc/services/index.js';
import type { Config } from '../config/index.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface ImagesPluginConfig {
  /** Whether a containerd in front has the images. */
  readonly proxy: boolean;
  readonly limits: Config['images'];
  readonly faults: FaultPoints;
}

/** Images in all snapshotters. */
export const imagesPlugin = definePlugin<LocalImages, ImagesPluginConfig>({
  type: pluginTypes.images,
  id: 'local',
  requires: [pluginTypes.store, pluginTypes.service, pluginTypes.default],
  init({ root, config: { proxy, limits, faults }, single }) {
    if (proxy) throw new SkipPlugin('the containerd in front has the images');
    return LocalImages.open({
      store: single(pluginTypes.store),
      snapshotters: single(pluginTypes.service),
      defaultSnapshotter: single(pluginTypes.default).name,
      directory: root,
      limits: { entries: limits.maxLayerEntries, bytes: limits.maxLayerSize, ratio: limits.maxRatio },
      faults,
    });
  },
});

/** `strata.v1.Images`. */
export const imagesGrpcPlugin = definePlugin<GrpcService>({
  type: pluginTypes.grpc,
  id: 'images',
  requires: [pluginTypes.images],
  init({ all }) {
    const images = all(pluginTypes.images).get('local');
    if (images === undefined) throw new SkipPlugin('there are no images here');
    return imagesService(images);
  },
});
