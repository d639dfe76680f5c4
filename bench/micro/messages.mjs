// Messages: their bytes, written and read.
import { decodeMessage, encodeMessage, wireSnapshots } from '#strata/rpc/proto/index.js';

/** @typedef {import('./measure.mjs').Subject} Subject */

const group = 'messages';
const listed = 100;

const root = '/var/lib/strata/io.containerd.snapshotter.v1.overlayfs/snapshots';
const time = { seconds: 1_700_000_000, nanos: 123_456_000 };
const info = {
  name: 'sha256:ffd97697c104d6fd5e5ba5a1a2b8d8fba0a17b0bdee7bb7d2c29f0f2cd9d7bd5',
  parent: 'sha256:32c95232f4262b8eb9ae2cd4b83d7d1dc6cf9ab9f4ab4c1b7fc3b7aca5b2f2a1',
  kind: wireSnapshots.Kind.COMMITTED,
  createdAt: time,
  updatedAt: time,
  labels: new Map([
    ['containerd.io/gc.root', 'benchmark'],
    ['containerd.io/snapshot.ref', 'sha256:ffd97697c104d6fd5e5ba5a1a2b8d8fba0a17b0bdee7bb7d2c29f0f2cd9d7bd5'],
  ]),
};
const lowers = [3, 2, 1].map((id) => `${root}/${id}/fs`).join(':');
const options = [`workdir=${root}/4/work`, `upperdir=${root}/4/fs`, `lowerdir=${lowers}`, 'index=off'];

const messages = [
  { what: 'an answer to Stat', type: wireSnapshots.StatSnapshotResponse, message: { info } },
  {
    what: 'an answer to Mounts',
    type: wireSnapshots.MountsResponse,
    message: { mounts: [{ type: 'overlay', source: 'overlay', target: '', options }] },
  },
  {
    what: 'a request for Prepare',
    type: wireSnapshots.PrepareSnapshotRequest,
    message: { snapshotter: 'overlayfs', key: 'work', parent: info.parent, labels: info.labels },
  },
  {
    what: `an answer to List with ${listed}, each`,
    type: wireSnapshots.ListSnapshotsResponse,
    per: listed,
    message: { info: Array.from({ length: listed }, () => info) },
  },
];

/**
 * @template T
 * @param {{ what: string, type: import('#strata/rpc/proto/index.js').MessageType<T>, message: T, per?: number }} row
 * @returns {readonly Subject[]}
 */
function bothWays({ what, type, message, per = 1 }) {
  const bytes = encodeMessage(type, message);
  return [
    { group, name: `write ${what}`, per, run: () => encodeMessage(type, message) },
    { group, name: `read ${what}`, per, run: () => decodeMessage(type, bytes) },
  ];
}

/** @type {readonly Subject[]} */
export const messageSubjects = messages.flatMap((row) => bothWays(/** @type {Parameters<typeof bothWays>[0]} */ (row)));
