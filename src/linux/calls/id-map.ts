/** Maps of user and group ids, as they are written in labels and mount options. */
import { InvalidArgumentError } from '../../errors/index.js';

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
 * Reads a map such as `0:100000:65536`, container id first; several ranges stand behind commas.
 * @throws InvalidArgumentError, with containerd's text, when it is malformed.
 */
export function parseIdMap(map: string): readonly IdRange[] {
  return map.split(',').map(parseRange);
}

function parseRange(text: string): IdRange {
  const match = RANGE.exec(text);
  if (match === null) throw new InvalidArgumentError(`input value ${text} unparsable`);
  const [containerId = -1, hostId = -1, length = -1] = match.slice(1).map(Number);
  if ([containerId, hostId, length].some((value) => value < 0 || value >= INVALID_ID)) {
    throw new InvalidArgumentError(`invalid mapping ${JSON.stringify(text)}`);
  }
  return { containerId, hostId, length };
}

/** A map in the form of `/proc/<pid>/uid_map`, one range to a line (user_namespaces(7)). */
export function renderIdMap(ranges: readonly IdRange[]): string {
  return ranges.map(({ containerId, hostId, length }) => `${containerId} ${hostId} ${length}\n`).join('');
}
