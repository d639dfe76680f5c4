import { type Info, type Kind, type Mount, microsecondsOf } from '../../snapshots/index.js';
import { type Timestamp, type Mount as WireMount, wireSnapshots } from '../proto/index.js';

const kinds: Readonly<Record<Kind, wireSnapshots.Kind>> = {
  view: wireSnapshots.Kind.VIEW,
  active: wireSnapshots.Kind.ACTIVE,
  committed: wireSnapshots.Kind.COMMITTED,
};

/** What is known about a snapshot, as a message. */
export function infoToWire(info: Info): wireSnapshots.Info {
  return {
    name: info.name,
    parent: info.parent,
    kind: kinds[info.kind],
    createdAt: timestampToWire(info.created),
    updatedAt: timestampToWire(info.updated),
    labels: new Map(info.labels),
  };
}

/** A time as seconds since 1970, rounded down, and the rest in nanoseconds. */
export function timestampToWire(date: Date): Timestamp {
  const microseconds = microsecondsOf(date);
  const seconds = Math.floor(microseconds / 1_000_000);
  return { seconds, nanos: (microseconds - seconds * 1_000_000) * 1000 };
}

/** Mounts as messages. */
export function mountsToWire(mounts: readonly Mount[]): { mounts: WireMount[] } {
  return {
    mounts: mounts.map(({ type, source, target, options }) => ({ type, source, target, options: [...options] })),
  };
}
