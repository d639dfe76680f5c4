import { emptyLower } from '../kit/empty-lower.js';
import type { MountSettings } from '../kit/overlay-mounts.js';
import { filesDirectory, workDirectory } from './files.js';
import type { FlatLayers } from './flat-layers.js';
import type { OverlaySetup } from './probe.js';

/** What the mounts of an overlay driver are made of; see `overlayMounts`. */
export function mountSettings(
  root: string,
  { overlayOptions, remapIds }: OverlaySetup,
  flat: FlatLayers,
): MountSettings {
  return {
    places: {
      upper: (id) => filesDirectory(root, id),
      work: (id) => workDirectory(root, id),
      lowers: (snapshot) => flat.lowers(snapshot),
      empty: emptyLower(root),
    },
    overlayOptions,
    remapIds,
  };
}
