import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  type StrataErrorClass,
} from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { labelsOf, noLabels, noUsage, SnapshotTree, snapshotTables } from '../index.js';
import { childrenTable, idsTable, snapshotsTable } from './tables.js';

async function open(t: TestContext): Promise<{ store: Store; tree: SnapshotTree; clock: { now: number } }> {
  const temporary = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const clock = { now: 1_000 };
  return { store: temporary.store, tree: new SnapshotTree('s', () => clock.now), clock };
}

type Opened = Awaited<ReturnType<typeof open>>;

const create = (
  { store, tree }: Opened,
  snapshot: { id: number; key: string; parent?: string; kind?: 'active' | 'view' },
): Promise<unknown> => {
  const { kind = 'active', parent = '', ...rest } = snapshot;
  return store.write((tx) => tree.createSnapshot(tx, { ...rest, kind, parent, labels: noLabels }));
};

const commit = ({ store, tree }: Opened, names: { key: string; name: string; parent?: string }): Promise<unknown> => {
  const { parent = '', ...rest } = names;
  return store.write((tx) => tree.commitActive(tx, { ...rest, parent, labels: labelsOf({ l: '1' }), usage: noUsage }));
};

async function layers(opened: Opened, count: number): Promise<void> {
  for (let id = 1; id <= count; id++) {
    await create(opened, { id, key: 'k', parent: id === 1 ? '' : `layer ${id - 1}` });
    await commit(opened, { key: 'k', name: `layer ${id}` });
  }
}

const refused = (promise: Promise<unknown>, Class: StrataErrorClass, message: string): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof Class, String(error));
    assert.equal(error.message, message);
    return true;
  });

describe('SnapshotTree', () => {
  it('gives the chain of ids, nearest parent first', async (t) => {
    const opened = await open(t);
    await layers(opened, 3);
    await create(opened, { id: 9, key: 'top', parent: 'layer 3' });
    assert.deepEqual(opened.store.read((tx) => opened.tree.getSnapshot(tx, 'top')).parentIds, [3, 2, 1]);
  });

  it('refuses what containerd refuses, in its words', async (t) => {
    const opened = await open(t);
    const { store, tree } = opened;
    await layers(opened, 1);
    await create(opened, { id: 2, key: 'a', parent: 'layer 1' });
    await create(opened, { id: 3, key: 'v', kind: 'view' });
    await refused(create(opened, { id: 4, key: 'a' }), AlreadyExistsError, 'snapshot a: already exists');
    await refused(
      create(opened, { id: 4, key: 'x', parent: 'p' }),
      NotFoundError,
      'missing parent "p" bucket: not found',
    );
    await refused(
      create(opened, { id: 4, key: 'x', parent: 'a' }),
      InvalidArgumentError,
      'parent "a" is not committed snapshot: invalid argument',
    );
    await refused(
      commit(opened, { key: 'nobody', name: 'layer 1' }),
      AlreadyExistsError,
      'committed snapshot layer 1: already exists',
    );
    await refused(
      commit(opened, { key: 'nobody', name: 'n' }),
      NotFoundError,
      'failed to get active snapshot: not found',
    );
    await refused(
      commit(opened, { key: 'v', name: 'n' }),
      FailedPreconditionError,
      'snapshot "v" is not active: failed precondition',
    );
    await refused(
      store.write((tx) => tree.remove(tx, 'layer 1')),
      FailedPreconditionError,
      'cannot remove snapshot with child: failed precondition',
    );
    await refused(
      store.write((tx) => tree.remove(tx, 'x')),
      NotFoundError,
      'snapshot x: not found',
    );
    assert.throws(() => store.read((tx) => tree.getSnapshot(tx, 'layer 1')), {
      message: 'requested snapshot layer 1 not active or view: failed precondition',
    });
  });

  it('rebases a parentless snapshot, and no other', async (t) => {
    const opened = await open(t);
    const { store, tree } = opened;
    await layers(opened, 2);
    await create(opened, { id: 3, key: 'free' });
    await create(opened, { id: 4, key: 'bound', parent: 'layer 1' });
    await refused(
      commit(opened, { key: 'bound', name: 'n', parent: 'layer 2' }),
      InvalidArgumentError,
      'cannot change parent of active snapshot "bound" on commit: invalid argument',
    );
    await refused(
      commit(opened, { key: 'free', name: 'n', parent: 'p' }),
      NotFoundError,
      'missing parent "p" of snapshot "free": not found',
    );
    await refused(
      commit(opened, { key: 'free', name: 'n', parent: 'bound' }),
      FailedPreconditionError,
      'parent "bound" is not committed: failed precondition',
    );
    await commit(opened, { key: 'free', name: 'n', parent: 'layer 2' });
    await commit(opened, { key: 'bound', name: 'same', parent: 'layer 1' });
    const rebased = store.read((tx) => tree.getInfo(tx, 'n'));
    assert.equal(rebased.parent, 'layer 2');
    assert.deepEqual(rebased.parentIds, [2, 1]);
    await refused(
      store.write((tx) => tree.remove(tx, 'layer 2')),
      FailedPreconditionError,
      'cannot remove snapshot with child: failed precondition',
    );
  });

  it('keeps the id over a commit, and starts labels and times anew', async (t) => {
    const opened = await open(t);
    const { store, tree, clock } = opened;
    await create(opened, { id: 7, key: 'k' });
    clock.now = 5_000;
    await commit(opened, { key: 'k', name: 'n' });
    const record = store.read((tx) => tree.getInfo(tx, 'n'));
    assert.equal(record.id, 7);
    assert.deepEqual([record.created, record.updated], [5_000, 5_000]);
    assert.deepEqual(record.labels, labelsOf({ l: '1' }));
    assert.equal(
      store.read((tx) => tree.keyOfId(tx, 7)),
      'n',
    );
  });

  it('moves the time of the last update on, even within one tick of the clock', async (t) => {
    const opened = await open(t);
    await create(opened, { id: 1, key: 'k' });
    const update = () => opened.store.write((tx) => opened.tree.updateInfo(tx, 'k', { labels: noLabels }));
    const first = await update();
    const second = await update();
    assert.deepEqual([first.created, first.updated, second.updated], [1_000, 1_001, 1_002]);
  });

  it('forgets everything about what is removed', async (t) => {
    const opened = await open(t);
    const { store, tree } = opened;
    await layers(opened, 2);
    for (const name of ['layer 2', 'layer 1']) await store.write((tx) => tree.remove(tx, name));
    const left = store.read((tx) => [...tx.range(snapshotsTable), ...tx.range(childrenTable), ...tx.range(idsTable)]);
    assert.deepEqual(left, []);
  });

  it('keeps snapshotters apart', async (t) => {
    const opened = await open(t);
    await create(opened, { id: 1, key: 'k' });
    const other = new SnapshotTree('s2');
    assert.deepEqual(
      opened.store.read((tx) => other.walk(tx, { limit: 10 })),
      [],
    );
    await opened.store.write((tx) =>
      other.createSnapshot(tx, { id: 1, kind: 'view', key: 'k', parent: '', labels: noLabels }),
    );
    assert.deepEqual([...opened.store.read((tx) => opened.tree.idMap(tx))], [[1, 'k']]);
    assert.equal(opened.store.read((tx) => opened.tree.getInfo(tx, 'k')).kind, 'active');
  });

  it('goes through its records page by page', async (t) => {
    const opened = await open(t);
    for (let id = 1; id <= 5; id++) await create(opened, { id, key: `k${id}` });
    const page = (after: string | undefined): string[] =>
      opened.store.read((tx) => opened.tree.walk(tx, { after, limit: 2 })).map(({ name }) => name);
    assert.deepEqual(page(undefined), ['k1', 'k2']);
    assert.deepEqual(page('k2'), ['k3', 'k4']);
    assert.deepEqual(page('k4'), ['k5']);
    assert.deepEqual(page('k5'), []);
  });
});
