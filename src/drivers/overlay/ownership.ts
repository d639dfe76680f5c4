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

/** One range of a map. */
interface IdRange {
  readonly containerId: number;
  readonly hostId: number;
  readonly length: number;
}

/** One more means "unchanged" to chown(2). */
const maxId = 2 ** 32 - 2;

/**
 * Who owns the root of a snapshot with these labels: whoever the container's root is on the host. A map that is missing
 * leaves ids as they are; undefined when both are (containerd: core/snapshots, and pkg/idtools RootPair).
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

/** Reads a map. @throws InvalidArgumentError when it is malformed. */
export function parseIdMap(map: string): IdRange[] {
  return map.split(',').map((part) => {
    const numbers = part.split(':').map((text) => (/^\d{1,10}$/.test(text) ? Number(text) : Number.NaN));
    const [containerId, hostId, length, ...more] = numbers;
    const valid = more.length === 0 && numbers.every((number) => number <= maxId);
    if (containerId === undefined || hostId === undefined || length === undefined || !valid) {
      throw new InvalidArgumentError(
        `id map ${JSON.stringify(part)} must be containerID:hostID:length with numbers below 4294967295`,
      );
    }
    return { containerId, hostId, length };
  });
}
