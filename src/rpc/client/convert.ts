import { InternalError } from '../../errors/index.js';
import { type Info, type Kind, PreciseDate } from '../../snapshots/api/index.js';
import { type Timestamp, wireSnapshots } from '../proto/index.js';

/** What a message says about a snapshot. @throws InternalError when the daemon left it out of its answer. */
export function infoFromWire(info: wireSnapshots.Info | undefined): Info {
  if (info === undefined) throw new InternalError('the answer holds no snapshot');
  const { name, parent, kind, createdAt, updatedAt, labels } = info;
  return {
    name,
    parent,
    kind: kindFromWire(kind),
    created: dateFromWire(createdAt),
    updated: dateFromWire(updatedAt),
    labels,
  };
}

/** Any kind but two is taken for a committed one, as in containerd (core/snapshots/proxy/convert.go). */
function kindFromWire(kind: wireSnapshots.Kind): Kind {
  if (kind === wireSnapshots.Kind.ACTIVE) return 'active';
  return kind === wireSnapshots.Kind.VIEW ? 'view' : 'committed';
}

/** As far from 1970 as a Date goes (ECMA-262). */
const maxMilliseconds = 8.64e15;

/**
 * A time, to the microsecond within the 270 years around 1970, to the millisecond beyond; the start of 1970 when there
 * is none. Go's zero time, which stands for no time at all, lies beyond.
 */
export function dateFromWire({ seconds, nanos }: Timestamp = { seconds: 0, nanos: 0 }): Date {
  const microseconds = seconds * 1_000_000 + Math.floor(nanos / 1000);
  if (Number.isSafeInteger(microseconds)) return new PreciseDate(microseconds);
  const milliseconds = seconds * 1000 + Math.floor(nanos / 1_000_000);
  return new Date(Math.max(-maxMilliseconds, Math.min(maxMilliseconds, milliseconds)));
}
