import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { UnavailableError } from '../../errors/index.js';
import { testSnapshotter } from '../../testing/index.js';
import type { Snapshotter } from '../api/snapshotter.js';
import type { CallContext } from '../api/types.js';
import { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { snapshotTables } from '../records/tables.js';
import { GuardedSnapshotter } from './guarded-snapshotter.js';
import { PublishingSnapshotter, type SnapshotEvent } from './publishing-snapshotter.js';

const call = { namespace: 'default' };

type Published = [event: SnapshotEvent, call: CallContext];

async function open(t: TestContext, refuse: () => void = () => undefined) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const inner = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver() });
  const published: Published[] = [];
  const publish = (...event: Published): void => {
    refuse();
    published.push(event);
  };
  const failed: string[] = [];
  const onPublishError = (topic: string, error: unknown) => void failed.push(`${topic}: ${String(error)}`);
  const snapshotter = new PublishingSnapshotter({ name: 'memory', inner, publish, onPublishError });
  return { snapshotter, published, failed };
}

testSnapshotter('PublishingSnapshotter', {
  open: async (t) => ({ snapshotter: new GuardedSnapshotter((await open(t)).snapshotter), call }),
  noMountReason: 'memory cannot be mounted',
});

/** A life of every kind of call, ending with nothing. */
async function live(snapshotter: Snapshotter): Promise<void> {
  await snapshotter.prepare({ key: 'a' }, call);
  await snapshotter.commit({ key: 'a', name: 'base' }, call);
  await snapshotter.prepare({ key: 'b', parent: 'base' }, call);
  await snapshotter.view({ key: 'v', parent: 'base' }, call);
  await snapshotter.update({ name: 'b', labels: new Map() }, call);
  for (const key of ['v', 'b', 'base']) await snapshotter.remove(key, call);
}

describe('PublishingSnapshotter', () => {
  it('publishes what containerd publishes, with the call that it comes from', async (t) => {
    const { snapshotter, published } = await open(t);
    await live(snapshotter);
    const prepare = { topic: '/snapshot/prepare', snapshotter: 'memory' };
    const remove = { topic: '/snapshot/remove', snapshotter: 'memory' };
    assert.deepEqual(published, [
      [{ ...prepare, key: 'a', parent: '' }, call],
      [{ topic: '/snapshot/commit', snapshotter: 'memory', key: 'a', name: 'base' }, call],
      [{ ...prepare, key: 'b', parent: 'base' }, call],
      [{ ...remove, key: 'v' }, call],
      [{ ...remove, key: 'b' }, call],
      [{ ...remove, key: 'base' }, call],
    ]);
  });

  it('publishes nothing for what failed', async (t) => {
    const { snapshotter, published } = await open(t);
    await assert.rejects(snapshotter.prepare({ key: 'k', parent: 'nobody' }, call));
    await assert.rejects(snapshotter.commit({ key: 'k', name: 'n' }, call));
    await assert.rejects(snapshotter.remove('k', call));
    assert.deepEqual(published, []);
  });

  it('lets an operation succeed whose event cannot be published', async (t) => {
    const { snapshotter, failed } = await open(t, () => {
      throw new UnavailableError('closed');
    });
    await live(snapshotter);
    assert.equal(failed.length, 6);
    assert.match(failed[0] ?? '', /^\/snapshot\/prepare: UnavailableError: /);
  });
});
