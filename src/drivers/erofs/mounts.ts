import { emptyLower } from '../kit/empty-lower.js';
import type { MountSettings } from '../kit/overlay-mounts.js';
import type { BlockImages } from './block-images.js';
import type { ErofsPlaces } from './files.js';
import type { ErofsSetup } from './options.js';

/** What the mounts of an erofs driver are made of; see `overlayMounts`. Layers are mounted by the daemon itself. */
export function mountSettings(places: ErofsPlaces, blocks: BlockImages, setup: ErofsSetup): MountSettings {
  return {
    places: {
      upper: (id) => (blocks.has(id) ? blocks.upper(id) : places.files(id)),
      work: (id) => (blocks.has(id) ? blocks.work(id) : places.work(id)),
      lowers: ({ parentIds }) => parentIds.map(places.layerPoint),
      empty: emptyLower(places.root),
    },
    overlayOptions: setup.overlayOptions,
    remapIds: setup.remapIds,
  };
}
