import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot, Mount } from '../../snapshots/index.js';
import { type BtrfsPlace, PLACES } from './probe.js';

/**
 * How to mount a snapshot: the file system again, at the subvolume (containerd: plugins/snapshots/btrfs/btrfs.go, mounts,
 * which names the subvolume by its number; the path follows from the record alone). A view over a layer shows the
 * subvolume of the layer itself, which nobody can write to.
 * @throws FailedPreconditionError for a committed snapshot, which is not mounted by itself.
 */
export function btrfsMounts({ id, kind, parentIds }: DriverSnapshot, place: BtrfsPlace): readonly Mount[] {
  if (kind === 'committed') throw new FailedPreconditionError(`requested snapshot ${id} not active or view`);
  const [parent] = parentIds;
  const subvolume = kind === 'view' && parent !== undefined ? `${PLACES.committed}/${parent}` : `${PLACES[kind]}/${id}`;
  const option = `subvol=${place.pathInside}/${subvolume}`;
  return [{ type: 'btrfs', source: place.device, target: '', options: kind === 'view' ? [option, 'ro'] : [option] }];
}
