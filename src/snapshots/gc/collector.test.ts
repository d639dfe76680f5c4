import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { CanceledError, NotFoundError } from '../../errors/index.js';
import type { CollectedSnapshot } from '../api/collection.js';
import { labelsOf } from '../api/labels.js';
import { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { Leases } from '../leases/leases.js';
import { NamespacedSnapshotter } from '../namespaces/namespaced-snapshotter.js';
import { Collector } from './collector.js';
import { keepersOf } from './keepers.js';

const call = { namespace: 'default' };
const leased = { ...call, lease: 'l' };

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const local = await LocalSnapshotter.open({ name: 'memory', store, driver });
  const leases = new Leases(store);
  await leases.create({ id: 'l' }, call);
  const told: CollectedSnapshot[] = [];
  const time = { now: Date.parse('2030-01-01T00:00:00Z') / 1000 };
  const snapshotters = new Map([['memory', local]]);
  const collected = async (snapshot: CollectedSnapshot) => void told.push(snapshot);
  const collector = new Collector({ store, snapshotters, collected, now: () => time.now });
  const snapshotter = new NamespacedSnapshotter(local);
  const layer = async (
    name: string,
    options: { parent?: string; labels?: Record<string, string>; by?: object } = {},
  ) => {
    const { parent = '', labels = {}, by = leased } = options;
    await snapshotter.prepare({ key: 'building', parent }, { ...call, ...by });
    await snapshotter.commit({ key: 'building', name, labels: labelsOf(labels) }, { ...call, ...by });
  };
  const collect = async () => (await collector.collect()).snapshots.map(({ key }) => key);
  const keepers = async (name: string) => {
    const id = store.read((tx) => tx.get<{ id: number }>({ sql: 'SELECT id FROM snapshots WHERE key = ?' }, name)?.id);
    return store
      .read((tx) => keepersOf(tx, id ?? assert.fail(name), time.now))
      .map(({ why, name: by }) => `${why} ${by}`);
  };
  return { store, driver, local, leases, collector, snapshotter, told, time, layer, collect, keepers };
}

describe('what keeps a snapshot', () => {
  it('is told with the way to it', async (t) => {
    const { layer, snapshotter, collector, leases, keepers } = await open(t);
    await layer('base');
    await layer('layer', { parent: 'base' });
    await snapshotter.prepare({ key: 'work', parent: 'layer' }, call);
    const ask = (key: string) => collector.whyKept({ snapshotter: 'memory', namespace: 'default', key });
    assert.deepEqual(ask('base'), [
      { why: 'lease', name: 'l', through: [] },
      { why: 'lease', name: 'l', through: ['layer'] },
      { why: 'caller', name: '', through: ['layer', 'work'] },
    ]);
    await leases.delete('l', call);
    await snapshotter.remove('work', call);
    assert.deepEqual([ask('base'), await keepers('base')], [[], ['child layer']]);
    assert.throws(() => ask('nobody'), NotFoundError);
  });
});

describe('a collection', () => {
  it('leaves what a caller made without a lease, and what is below it', async (t) => {
    const { layer, snapshotter, collect, keepers, leases } = await open(t);
    await layer('base');
    await snapshotter.prepare({ key: 'work', parent: 'base' }, call);
    await leases.delete('l', call);
    assert.deepEqual(await collect(), []);
    assert.deepEqual(await keepers('work'), ['caller ']);
    assert.deepEqual(await keepers('base'), ['child work']);
    await snapshotter.remove('work', call);
    assert.deepEqual(await collect(), ['base']);
  });

  it('takes what was made under a lease once that is gone, children first, and tells of it', async (t) => {
    const { layer, snapshotter, collect, leases, told, driver, collector } = await open(t);
    await layer('one');
    await layer('two', { parent: 'one' });
    await snapshotter.view({ key: 'look', parent: 'two' }, leased);
    assert.deepEqual(await collect(), []);
    await leases.delete('l', call);
    assert.deepEqual(
      (await collector.collect({ dryRun: true })).snapshots.map(({ key }) => key),
      ['look', 'two', 'one'],
    );
    assert.equal((await snapshotter.stat('one', call)).name, 'one');
    assert.deepEqual(await collect(), ['look', 'two', 'one']);
    assert.deepEqual(told, [
      { snapshotter: 'memory', namespace: 'default', key: 'look', kind: 'view' },
      { snapshotter: 'memory', namespace: 'default', key: 'two', kind: 'committed' },
      { snapshotter: 'memory', namespace: 'default', key: 'one', kind: 'committed' },
    ]);
    await assert.rejects(snapshotter.stat('one', call), NotFoundError);
    await snapshotter.cleanup();
    assert.equal(driver.files.size, 0);
  });

  it('follows a parent that has a higher id than its child', async (t) => {
    const { layer, snapshotter, collect, leases, driver } = await open(t);
    Object.assign(driver.capabilities, { names: ['rebase'] });
    await snapshotter.prepare({ key: 'top' }, leased);
    await layer('base');
    await snapshotter.commit({ key: 'top', name: 'top layer', parent: 'base' }, leased);
    await leases.delete('l', call);
    assert.deepEqual(await collect(), ['top layer', 'base']);
  });

  it('ends leases that have expired, and not those whose time cannot be read', async (t) => {
    const { layer, leases, time, collector, keepers } = await open(t);
    await leases.create(
      { id: 'short', labels: labelsOf({ 'containerd.io/gc.expire': '2030-01-01T01:00:00.5+01:00' }) },
      call,
    );
    await leases.create({ id: 'odd', labels: labelsOf({ 'containerd.io/gc.expire': 'tomorrow' }) }, call);
    await layer('a', { by: { lease: 'short' } });
    await layer('b', { by: { lease: 'odd' } });
    assert.deepEqual(await keepers('a'), ['lease short']);
    assert.equal((await collector.collect()).leases, 0);
    time.now += 1;
    assert.deepEqual(await keepers('a'), []);
    const { leases: ended, snapshots } = await collector.collect();
    assert.deepEqual([ended, snapshots.map(({ key }) => key)], [1, ['a']]);
    assert.deepEqual(
      (await leases.list([], call)).map(({ id }) => id),
      ['l', 'odd'],
    );
  });

  it('heeds the time that a snapshot itself is kept until', async (t) => {
    const { layer, leases, time, collect, keepers } = await open(t);
    const expire = { 'containerd.io/gc.expire': '2030-01-02T00:00:00Z' };
    await layer('kept until then', { labels: expire });
    await layer('made by hand', { labels: expire, by: {} });
    await layer('root', { labels: { ...expire, 'containerd.io/gc.root': 'x' } });
    await layer('under a lease', { labels: expire, by: { lease: 'l' } });
    await leases.create({ id: 'other' }, call);
    await leases.addResource('other', { type: 'snapshots/memory', id: 'under a lease' }, call);
    await leases.delete('l', call);
    assert.deepEqual(await collect(), []);
    assert.deepEqual(await keepers('kept until then'), ['time 2030-01-02T00:00:00Z']);
    time.now += 86_400;
    assert.deepEqual((await collect()).sort(), ['kept until then', 'made by hand', 'root']);
  });

  it('keeps what is labelled as a root, and what labels refer to, in both directions', async (t) => {
    const { layer, leases, snapshotter, collect, keepers } = await open(t);
    await layer('root', {
      labels: { 'containerd.io/gc.root.mine': 'x', 'containerd.io/gc.ref.snapshot.memory/1': 'named' },
    });
    await layer('named', { labels: { 'containerd.io/gc.ref.snapshot.memory': 'named in turn' } });
    await layer('named in turn');
    await layer('follows', { labels: { 'containerd.io/gc.bref.snapshot.memory/x': 'named' } });
    await layer('of another back end', { labels: { 'containerd.io/gc.bref.snapshot.memory.1': 'named' } });
    await layer('in a ring', { labels: { 'containerd.io/gc.ref.snapshot.memory': 'ring' } });
    await layer('ring', { labels: { 'containerd.io/gc.ref.snapshot.memory': 'in a ring' } });
    await layer('itself', { labels: { 'containerd.io/gc.ref.snapshot.memory': 'itself' } });
    await leases.delete('l', call);
    assert.deepEqual(await keepers('named'), ['reference root']);
    assert.deepEqual(await keepers('follows'), ['back reference named']);
    assert.deepEqual((await collect()).sort(), ['in a ring', 'itself', 'of another back end', 'ring']);
    await snapshotter.remove('root', call);
    assert.deepEqual((await collect()).sort(), ['follows', 'named', 'named in turn']);
  });

  it('follows from a flat lease parents alone', async (t) => {
    const { layer, leases, collect } = await open(t);
    await leases.create({ id: 'flat', labels: labelsOf({ 'containerd.io/gc.flat': 'yes' }) }, call);
    await layer('base');
    await layer('top', { parent: 'base', labels: { 'containerd.io/gc.ref.snapshot.memory': 'named' } });
    await layer('named');
    await leases.addResource('flat', { type: 'snapshots/memory', id: 'top' }, call);
    await leases.delete('l', call);
    assert.deepEqual(await collect(), ['named']);
  });

  it('leaves those of a containerd in front, and of back ends that do not run', async (t) => {
    const { local, store, layer, leases, collector } = await open(t);
    await local.prepare({ key: 'theirs', labels: labelsOf({ 'containerd.io/gc.expire': '2000-01-01T00:00:00Z' }) });
    await using other = await LocalSnapshotter.open({ name: 'other', store, driver: new MemoryDriver() });
    await new NamespacedSnapshotter(other).prepare({ key: 'k' }, leased);
    await layer('a');
    await leases.delete('l', call);
    const { snapshots, skipped } = await collector.collect();
    assert.deepEqual(
      snapshots.map(({ key }) => key),
      ['a'],
    );
    assert.deepEqual(
      skipped.map(({ snapshotter, key }) => `${snapshotter} ${key}`),
      ['other k'],
    );
    assert.equal((await local.stat('theirs')).kind, 'active');
  });

  it('asks again before it removes anything', async (t) => {
    const { store, local, layer, leases, snapshotter, time } = await open(t);
    for (const name of ['leased meanwhile', 'labelled meanwhile', 'with a child by now', 'unkept']) await layer(name);
    await leases.delete('l', call);
    await leases.create({ id: 'late' }, call);
    // Between the search and the removal of what was found.
    const between: typeof store = Object.create(store, {
      query: {
        value: async (...args: Parameters<typeof store.query>) => {
          const found = await store.query(...args);
          await leases.addResource('late', { type: 'snapshots/memory', id: 'leased meanwhile' }, call);
          const labels = labelsOf({ 'containerd.io/gc.root': 'x' });
          await snapshotter.update({ name: 'labelled meanwhile', labels }, call);
          await snapshotter.view({ key: 'child', parent: 'with a child by now' }, call);
          return found;
        },
      },
      read: { value: store.read.bind(store) },
      write: { value: store.write.bind(store) },
    });
    const snapshotters = new Map([['memory', local]]);
    const { snapshots } = await new Collector({ store: between, snapshotters, now: () => time.now }).collect();
    assert.deepEqual(
      snapshots.map(({ key }) => key),
      ['unkept'],
    );
  });

  it('can be given up, and keeps what is gone gone', async (t) => {
    const { layer, leases, collector } = await open(t);
    await layer('a');
    await leases.delete('l', call);
    await assert.rejects(
      collector.collect({ signal: AbortSignal.abort(new CanceledError('given up')) }),
      CanceledError,
    );
    assert.equal((await collector.collect()).snapshots.length, 1);
  });
});
