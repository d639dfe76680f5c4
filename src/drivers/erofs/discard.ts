import type { FaultPoints, SerialQueue } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { unmountAll } from '../../linux/index.js';
import { isEntryName, removeTrees } from '../../trees/index.js';
import type { BlockImages } from './block-images.js';
import type { ErofsPlaces } from './files.js';
import type { LayerMounts } from './layer-mounts.js';

/** What belongs to snapshots beside their directories. */
export interface DiscardContext {
  readonly places: ErofsPlaces;
  readonly layers: LayerMounts;
  readonly blocks: BlockImages;
  /** What is done about committed layers in the background, by their ids. */
  readonly chores: SerialQueue;
  readonly faults: FaultPoints;
  readonly signal: AbortSignal | undefined;
}

/**
 * Unmounts and deletes all that belongs to these ids. Does nothing for what is gone already.
 * @throws InvalidArgumentError for an id that would lead out of the directory; nothing is deleted then.
 */
export async function discardSnapshots(ids: readonly string[], context: DiscardContext): Promise<void> {
  const { places, layers, blocks, chores, faults, signal } = context;
  const bad = ids.find((id) => !isEntryName(id));
  if (bad !== undefined) throw new InvalidArgumentError(`${JSON.stringify(bad)} is no name of a directory entry`);
  for (const id of ids) {
    await chores.idle(id);
    await layers.release(id);
    // Nothing is based on it any more; it may still be mounted, by a process that was killed before it could unmount.
    await unmountAll(places.layerPoint(id), { detach: true });
    await blocks.remove(id);
  }
  faults.reach('erofs.unmounted');
  await removeTrees(places.snapshots, ids, { signal });
  faults.reach('erofs.discarded');
}
