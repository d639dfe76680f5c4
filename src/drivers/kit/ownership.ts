import { UnknownError, withContext } from '../../errors/index.js';
import { type IdRange, parseIdMap } from '../../linux/index.js';
import type { Labels } from '../../snapshots/index.js';

/** The label with the map of user ids, `containerID:hostID:length` with commas between several. */
export const uidMappingLabel = 'containerd.io/snapshot/uidmapping';

/** The same for group ids. */
export const gidMappingLabel = 'containerd.io/snapshot/gidmapping';

/** An owner, as the host sees it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The owner of the root of a snapshot with these labels: the host's id of the container's root. A map that is missing
 * leaves ids as they are; undefined when both are (containerd: internal/userns/idmap.go, RootPair).
 * @throws InvalidArgumentError for a malformed map; UnknownError, in containerd's words, when it leaves out id 0.
 */
export function ownerFromLabels(labels: Labels): Owner | undefined {
  const uidMap = labels.get(uidMappingLabel);
  const gidMap = labels.get(gidMappingLabel);
  if (uidMap === undefined && gidMap === undefined) return undefined;
  return { uid: hostRoot(uidMap), gid: hostRoot(gidMap) };
}

/** Whether user and group ids are mapped; a mount with one map alone is not. */
export function mapsBoth(labels: Labels): boolean {
  return labels.has(uidMappingLabel) && labels.has(gidMappingLabel);
}

function hostRoot(map: string | undefined): number {
  if (map === undefined) return 0;
  const range = readMap(map).find(({ containerId, length }) => containerId === 0 && length > 0);
  if (range === undefined) {
    throw new UnknownError('failed to find root pair: container ID 0 cannot be mapped to a host ID');
  }
  return range.hostId;
}

function readMap(map: string): readonly IdRange[] {
  try {
    return parseIdMap(map);
  } catch (error) {
    throw withContext(error, 'failed to unmarshal snapshot ID mapped labels');
  }
}
