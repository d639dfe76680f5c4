import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SnapshotEvent } from '../../snapshots/index.js';
import { readPayload, snapshotEventPayload } from './event-payloads.js';

const snapshotter = 'memory';
const events: readonly (readonly [SnapshotEvent, object])[] = [
  [
    { topic: '/snapshot/prepare', key: 'a', parent: '' },
    { type: 'containerd.events.SnapshotPrepare', key: 'a', snapshotter },
  ],
  [
    { topic: '/snapshot/prepare', key: 'b', parent: 'base' },
    { type: 'containerd.events.SnapshotPrepare', key: 'b', parent: 'base', snapshotter },
  ],
  [
    { topic: '/snapshot/commit', key: 'a', name: 'base' },
    { type: 'containerd.events.SnapshotCommit', key: 'a', name: 'base', snapshotter },
  ],
  [
    { topic: '/snapshot/remove', key: 'base' },
    { type: 'containerd.events.SnapshotRemove', key: 'base', snapshotter },
  ],
];

for (const [event, want] of events) {
  it(`an event of ${event.topic} has containerd's type and fields`, () => {
    const payload = snapshotEventPayload(snapshotter, event);
    const fields = ['key', 'name', 'parent', 'snapshotter'].map((field) => [field, readPayload(payload, [field])]);
    const seen = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    assert.deepEqual({ type: payload.typeUrl, ...seen }, want);
  });
}
