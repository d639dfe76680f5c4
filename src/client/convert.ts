import { InternalError } from '../errors/index.js';
import { type Timestamp, wireSnapshots } from '../proto/index.js';
import { type Info, type Kind, PreciseDate } from '../snapshots/index.js';

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

/** A time, to the microsecond; the start of 1970 when there is none. */
function dateFromWire(timestamp: Timestamp | undefined): Date {
  if (timestamp === undefined) return new PreciseDate(0);
  return new PreciseDate(timestamp.seconds * 1_000_000 + Math.floor(timestamp.nanos / 1000));
}
