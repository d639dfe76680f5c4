import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot, Mount } from '../../snapshots/index.js';
import { awaitsParent } from './empty-lower.js';
import { gidMappingLabel, uidMappingLabel } from './ownership.js';

/** Where the directories of a snapshot's mount lie. */
export interface MountPlaces {
  /** What an active snapshot is written into; the files of any that has no parents. */
  upper(id: string): string;
  /** Overlay's own directory, beside the one that is written into. */
  work(id: string): string;
  /** What the snapshot is based on, nearest first; empty without parents. */
  lowers(snapshot: DriverSnapshot): readonly string[];
  /** A directory that stays empty, for layers that get their parents at their commits. */
  readonly empty: string;
}

/** What the mounts of a driver depend on, beside the snapshot. */
export interface MountSettings {
  readonly places: MountPlaces;
  /** Options for overlay mounts, behind those that the snapshot asks for, in order. */
  readonly overlayOptions: readonly string[];
  /** Whether to pass the id maps of a snapshot on to the mount. */
  readonly remapIds: boolean;
}

/**
 * How to mount a snapshot; always one mount (containerd: plugins/snapshots/overlay/overlay.go, mounts, whose order of
 * options this keeps). Without parents, and for a view over one layer, that is a bind mount: overlay takes no single
 * lower layer without an upper one. A layer that gets its parent at its commit is an overlay too, over an empty
 * directory: its unpacker keeps deletions then. Paths are not escaped.
 * @throws FailedPreconditionError for a committed snapshot, which is not mounted by itself.
 */
export function overlayMounts(snapshot: DriverSnapshot, settings: MountSettings): readonly Mount[] {
  const { places, remapIds, overlayOptions } = settings;
  const { id, kind } = snapshot;
  if (kind === 'committed') throw new FailedPreconditionError(`requested snapshot ${id} not active or view`);
  const maps = remapIds ? idMapOptions(snapshot) : [];
  const lowers = awaitsParent(snapshot) ? [places.empty] : places.lowers(snapshot);
  const [nearest] = lowers;
  if (nearest === undefined) return [bind(places.upper(id), kind, maps)];
  if (kind === 'view' && lowers.length === 1) return [bind(nearest, kind, maps)];
  const upper = kind === 'active' ? [`workdir=${places.work(id)}`, `upperdir=${places.upper(id)}`] : [];
  const lower = `lowerdir=${lowers.join(':')}`;
  const options = [...maps, ...upper, lower, ...overlayOptions];
  return [{ type: 'overlay', source: 'overlay', target: '', options }];
}

function bind(source: string, kind: DriverSnapshot['kind'], maps: readonly string[]): Mount {
  return { type: 'bind', source, target: '', options: [...maps, kind === 'active' ? 'rw' : 'ro', 'rbind'] };
}

function idMapOptions({ labels }: DriverSnapshot): string[] {
  const options: string[] = [];
  const uidMap = labels.get(uidMappingLabel);
  const gidMap = labels.get(gidMappingLabel);
  if (uidMap !== undefined) options.push(`uidmap=${uidMap}`);
  if (gidMap !== undefined) options.push(`gidmap=${gidMap}`);
  return options;
}
