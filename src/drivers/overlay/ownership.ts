import { InvalidArgumentError, UnknownError } from '../../errors/index.js';
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

/** A range of a container's ids, and where it lies on the host. */
export interface IdRange {
  readonly containerId: number;
  readonly hostId: number;
  readonly length: number;
}

/** The one number of 32 bits that is no id: it means "unchanged" to chown(2). */
const INVALID_ID = 2 ** 32 - 1;

const RANGE = /^([+-]?\d+):([+-]?\d+):([+-]?\d+)$/;

/**
 * Who owns the root of a snapshot with these labels: whoever the container's root is on the host. A map that is missing
 * leaves ids as they are; undefined when both are (containerd: internal/userns/idmap.go, RootPair).
 * @throws InvalidArgumentError for a malformed map; UnknownError, in containerd's words, when it leaves out id 0.
 */
export function ownerFromLabels(labels: Labels): Owner | undefined {
  const uidMap = labels.get(uidMappingLabel);
  const gidMap = labels.get(gidMappingLabel);
  if (uidMap === undefined && gidMap === undefined) return undefined;
  return { uid: hostRoot(uidMap), gid: hostRoot(gidMap) };
}

function hostRoot(map: string | undefined): number {
  if (map === undefined) return 0;
  const range = parseIdMap(map).find(({ containerId, length }) => containerId === 0 && length > 0);
  if (range === undefined) {
    throw new UnknownError('failed to find root pair: container ID 0 cannot be mapped to a host ID');
  }
  return range.hostId;
}

/** Reads a map. @throws InvalidArgumentError, with containerd's text, when it is malformed. */
export function parseIdMap(map: string): readonly IdRange[] {
  return map.split(',').map(parseRange);
}

function parseRange(text: string): IdRange {
  const failure = 'failed to unmarshal snapshot ID mapped labels';
  const match = RANGE.exec(text);
  if (match === null) throw new InvalidArgumentError(`${failure}: input value ${text} unparsable`);
  const [containerId = -1, hostId = -1, length = -1] = match.slice(1).map(Number);
  if ([containerId, hostId, length].some((value) => value < 0 || value >= INVALID_ID)) {
    throw new InvalidArgumentError(`${failure}: invalid mapping ${JSON.stringify(text)}`);
  }
  return { containerId, hostId, length };
}
