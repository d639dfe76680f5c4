import { chmodSync } from 'node:fs';
import { fromSystemError } from '../../errors/index.js';
import type { BareLayer, BareLayers } from '../../snapshots/index.js';
import { removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import type { LayerSync } from '../kit/layer-sync.js';
import { bareDirectory, isBareDirectory, makeBareDirectory } from './bare-directory.js';
import { filesDirectory, MODES, snapshotDirectory } from './files.js';

/** Layers that are nothing but an empty directory, below the root of an overlay driver. */
export function overlayBareLayers(root: string, sync: Pick<LayerSync, 'names'>): BareLayers {
  return {
    synchronise: () => sync.names(),
    remake: (id, layer) => remakeBareLayer(root, id, layer),
  };
}

/** See `BareLayers.remake`. */
export async function remakeBareLayer(root: string, id: string, layer: BareLayer): Promise<boolean> {
  try {
    return await remake(root, id, layer);
  } catch (error) {
    throw fromSystemError(error, 'failed to make an empty layer again');
  }
}

async function remake(root: string, id: string, layer: BareLayer): Promise<boolean> {
  const files = filesDirectory(root, id);
  if (isBareDirectory(files, layer)) return false;
  const directory = snapshotDirectory(root, id);
  ensureDirectory(directory, MODES.snapshot);
  chmodSync(directory, MODES.snapshot);
  // What was deleted before the commit may be back, and a change of the mode may not.
  await removeTrees(directory, ['fs']);
  makeBareDirectory(files, layer);
  return true;
}

/** How a layer of so many inodes can be made again; undefined when something is in it, or it cannot be told. */
export function bareLayerOf(root: string, id: string, inodes: number): BareLayer | undefined {
  return inodes > 1 ? undefined : bareDirectory(filesDirectory(root, id));
}
