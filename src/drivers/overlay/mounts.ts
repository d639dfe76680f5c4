import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot, Mount } from '../../snapshots/index.js';
import { filesDirectory, workDirectory } from './files.js';
import { gidMappingLabel, uidMappingLabel } from './ownership.js';

/** What the mounts of a driver depend on, beside the snapshot. */
export interface MountSettings {
  readonly root: string;
  /** Options for overlay mounts, behind those that the snapshot asks for, in order. */
  readonly overlayOptions: readonly string[];
  /** Whether to pass the id maps of a snapshot on to the mount. */
  readonly remapIds: boolean;
}

/**
 * How to mount a snapshot; always one mount (containerd: plugins/snapshots/overlay/overlay.go, mounts, whose order of
 * options this keeps). Without parents, and for a view over one layer, that is a bind mount: overlay takes no single
 * lower layer without an upper one. Paths are not escaped.
 * @throws FailedPreconditionError for a committed snapshot, which is not mounted by itself.
 */
export function overlayMounts(snapshot: DriverSnapshot, settings: MountSettings): readonly Mount[] {
  const { root } = settings;
  const { id, kind, parentIds } = snapshot;
  if (kind === 'committed') throw new FailedPreconditionError(`requested snapshot ${id} not active or view`);
  const maps = settings.remapIds ? idMapOptions(snapshot) : [];
  const [nearest] = parentIds;
  if (nearest === undefined) return [bind(filesDirectory(root, id), kind, maps)];
  if (kind === 'view' && parentIds.length === 1) return [bind(filesDirectory(root, nearest), kind, maps)];
  const upper = kind === 'active' ? [`workdir=${workDirectory(root, id)}`, `upperdir=${filesDirectory(root, id)}`] : [];
  const lower = `lowerdir=${parentIds.map((parent) => filesDirectory(root, parent)).join(':')}`;
  const options = [...maps, ...upper, lower, ...settings.overlayOptions];
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
