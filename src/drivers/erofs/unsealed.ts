import { existsSync, readdirSync } from 'node:fs';
import { verityDigest } from '../../linux/index.js';
import { placesBelow } from './files.js';

/**
 * The ids of the layers below the root of an erofs driver whose blocks the kernel does not check (fs-verity). Costs some
 * ten microseconds for each layer; empty where there is no such root, or it is another user's.
 */
export function unsealedLayers(root: string): readonly string[] {
  const places = placesBelow(root);
  try {
    const layers = readdirSync(places.snapshots).filter((id) => existsSync(places.layerImage(id)));
    return layers.filter((id) => verityDigest(places.layerImage(id)) === undefined);
  } catch {
    return [];
  }
}
