import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createEventExchange, type EventExchange, type Subscription } from '../events/index.js';
import { GuardedSnapshotter, LocalSnapshotter, type Snapshotter, snapshotTables } from '../snapshots/index.js';
import { testSnapshotter } from '../testing/index.js';
import { MemoryDriver } from '../testing/memory-driver.js';
import { temporaryStore } from '../testing/store.js';
import { PublishingSnapshotter, readPayload } from './index.js';

const call = { namespace: 'default' };

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const inner = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver() });
  const exchange = createEventExchange({ readPayload });
  const failed: string[] = [];
  const onPublishError = (topic: string, error: unknown) => void failed.push(`${topic}: ${String(error)}`);
  const snapshotter = new PublishingSnapshotter({ name: 'memory', inner, publisher: exchange, onPublishError });
  return { snapshotter, exchange, failed };
}

testSnapshotter('PublishingSnapshotter', {
  open: async (t) => ({ snapshotter: new GuardedSnapshotter((await open(t)).snapshotter), call }),
  noMountReason: 'memory cannot be mounted',
});

async function published(exchange: EventExchange, subscription: Subscription): Promise<object[]> {
  await exchange.close();
  const seen: object[] = [];
  for await (const { topic, namespace, event } of subscription) {
    assert.ok(event !== undefined);
    const fields = ['key', 'name', 'parent', 'snapshotter'].map((field) => [field, readPayload(event, [field])]);
    seen.push({
      topic,
      namespace,
      type: event.typeUrl,
      ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)),
    });
  }
  return seen;
}

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
  it('publishes what containerd publishes, in its types', async (t) => {
    const { snapshotter, exchange } = await open(t);
    const subscription = exchange.subscribe([]);
    await live(snapshotter);
    const common = { namespace: 'default', snapshotter: 'memory' };
    const prepare = { ...common, topic: '/snapshot/prepare', type: 'containerd.events.SnapshotPrepare' };
    const remove = { ...common, topic: '/snapshot/remove', type: 'containerd.events.SnapshotRemove' };
    assert.deepEqual(await published(exchange, subscription), [
      { ...prepare, key: 'a' },
      { ...common, topic: '/snapshot/commit', type: 'containerd.events.SnapshotCommit', key: 'a', name: 'base' },
      { ...prepare, key: 'b', parent: 'base' },
      { ...remove, key: 'v' },
      { ...remove, key: 'b' },
      { ...remove, key: 'base' },
    ]);
  });

  it('publishes nothing for what failed', async (t) => {
    const { snapshotter, exchange } = await open(t);
    const subscription = exchange.subscribe([]);
    await assert.rejects(snapshotter.prepare({ key: 'k', parent: 'nobody' }, call));
    await assert.rejects(snapshotter.commit({ key: 'k', name: 'n' }, call));
    await assert.rejects(snapshotter.remove('k', call));
    assert.deepEqual(await published(exchange, subscription), []);
  });

  it('lets an operation succeed whose event cannot be published', async (t) => {
    const { snapshotter, exchange, failed } = await open(t);
    await exchange.close();
    await live(snapshotter);
    assert.equal(failed.length, 6);
    assert.match(failed[0] ?? '', /^\/snapshot\/prepare: UnavailableError: /);
  });
});
