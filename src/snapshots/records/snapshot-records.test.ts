import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import type { Store } from '../../store/index.js';
import { labelsOf } from '../api/labels.js';
import { noLabels, noUsage } from '../api/types.js';
import { type NewSnapshot, SnapshotRecords, snapshottersInUse } from './snapshot-records.js';

const namespace = 'default';

async function open(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const records = new SnapshotRecords('memory');
  const { store } = temporary;
  const insert = (snapshot: Partial<NewSnapshot> & { id: number; key: string }) =>
    store.write((tx) =>
      records.insert(tx, {
        namespace,
        kind: 'active',
        chain: [],
        labels: noLabels,
        kept: true,
        now: 1000,
        ...snapshot,
      }),
    );
  const commit = (id: number, name: string, chain: readonly number[] = []) =>
    store.write((tx) =>
      records.commit(tx, { id, name, chain, labels: noLabels, usage: { size: 8, inodes: 2 }, kept: true, now: 2000 }),
    );
  const find = (key: string) => store.read((tx) => records.find(tx, { namespace, key }));
  return { store, records, insert, commit, find };
}

/** Layers 1 to `count`, each based on the one before. */
async function layers({ insert, commit }: Awaited<ReturnType<typeof open>>, count: number): Promise<void> {
  for (let id = 1; id <= count; id++) {
    const chain = Array.from({ length: id - 1 }, (_, index) => id - 1 - index);
    await insert({ id, key: 'building', chain });
    await commit(id, `layer ${id}`, chain);
  }
}

const labelRows = (store: Store) => store.read((tx) => tx.all({ sql: 'SELECT * FROM snapshot_labels' })).length;

describe('the record of a snapshot', () => {
  it('says what it was given, with the name of its parent and the ids below it', async (t) => {
    const opened = await open(t);
    await layers(opened, 3);
    const labels = labelsOf({ b: '2', a: '1 "quoted" \u0000 \u{1f680}', ['__proto__']: 'x' });
    await opened.insert({ id: 9, key: 'top', chain: [3, 2, 1], labels });
    assert.deepEqual(opened.find('top'), {
      id: 9,
      namespace,
      key: 'top',
      kind: 'active',
      parent: 'layer 3',
      chain: [3, 2, 1],
      labels: new Map([...labels].sort()),
      created: 1000,
      updated: 1000,
      usage: noUsage,
    });
    const { store, records } = opened;
    const layersOf = store.read((tx) => records.findLayers(tx, { namespace, key: 'top' }));
    assert.deepEqual(layersOf?.chain, [3, 2, 1]);
    assert.deepEqual(store.read((tx) => records.findById(tx, 9))?.key, 'top');
    assert.equal(opened.find('nobody'), undefined);
  });

  it('is refused when the key is taken or the parent gone, and leaves nothing', async (t) => {
    const { store, insert, find } = await open(t);
    assert.equal(await insert({ id: 1, key: 'k' }), true);
    assert.equal(await insert({ id: 2, key: 'k', labels: labelsOf({ a: '1' }) }), false);
    assert.equal(await insert({ id: 3, key: 'x', chain: [77], labels: labelsOf({ a: '1' }) }), false);
    assert.equal(find('k')?.id, 1);
    assert.equal(find('x'), undefined);
    assert.equal(labelRows(store), 0);
  });

  it('keeps its id over a commit, and starts its labels and times again', async (t) => {
    const { insert, commit, find } = await open(t);
    await insert({ id: 7, key: 'k', labels: labelsOf({ old: '1' }) });
    assert.equal(await commit(7, 'n'), true);
    const { id, kind, created, updated, labels, usage } = find('n') ?? assert.fail();
    assert.deepEqual({ id, kind, created, updated }, { id: 7, kind: 'committed', created: 2000, updated: 2000 });
    assert.deepEqual(labels, noLabels);
    assert.deepEqual(usage, { size: 8, inodes: 2 });
    assert.equal(find('k'), undefined);
  });

  it('is not committed when it is no active one, the name is taken, or the parent of a rebase gone', async (t) => {
    const opened = await open(t);
    await layers(opened, 1);
    await opened.insert({ id: 2, key: 'k' });
    await opened.insert({ id: 3, key: 'v', kind: 'view' });
    assert.equal(await opened.commit(2, 'layer 1'), false);
    assert.equal(await opened.commit(2, 'n', [55]), false);
    assert.equal(await opened.commit(3, 'n'), false);
    assert.equal(await opened.commit(1, 'again'), false);
    assert.equal(await opened.commit(4, 'n'), false);
    assert.equal(opened.find('k')?.kind, 'active');
    assert.equal(await opened.commit(2, 'n', [1]), true);
    assert.equal(opened.find('n')?.parent, 'layer 1');
  });

  it('goes with its labels, unless others are based on it', async (t) => {
    const opened = await open(t);
    await layers(opened, 2);
    const { store, records, insert } = opened;
    await insert({ id: 3, key: 'k', chain: [2, 1], labels: labelsOf({ a: '1' }) });
    const remove = (key: string) => store.write((tx) => records.remove(tx, { namespace, key }));
    assert.equal(await remove('layer 2'), undefined);
    assert.equal(
      store.read((tx) => records.hasChildren(tx, 2)),
      true,
    );
    assert.equal(await remove('nobody'), undefined);
    assert.equal(await remove('k'), 3);
    assert.equal(labelRows(store), 0);
    assert.equal(await remove('layer 2'), 2);
    assert.equal(
      store.read((tx) => records.hasChildren(tx, 1)),
      false,
    );
  });

  it('takes new labels in the place of all', async (t) => {
    const { store, records, insert, find } = await open(t);
    await insert({ id: 1, key: 'k', labels: labelsOf({ a: '1', b: '2' }) });
    await store.write((tx) => records.setLabels(tx, 1, labelsOf({ b: '3', c: '4' }), 5000));
    assert.deepEqual(find('k')?.labels, labelsOf({ b: '3', c: '4' }));
    assert.deepEqual([find('k')?.created, find('k')?.updated], [1000, 5000]);
  });
});

describe('the records of a snapshotter', () => {
  it('are apart from those of others, and of other namespaces', async (t) => {
    const { store, records, insert } = await open(t);
    await insert({ id: 1, key: 'k' });
    await insert({ id: 2, key: 'k', namespace: 'other' });
    const others = new SnapshotRecords('another');
    const row = {
      id: 3,
      key: 'k',
      namespace,
      kind: 'active',
      chain: [],
      labels: noLabels,
      kept: true,
      now: 1,
    } as const;
    await store.write((tx) => others.insert(tx, row));
    assert.deepEqual(
      store.read((tx) => records.page(tx, namespace, { limit: 9 })).map(({ id }) => id),
      [1],
    );
    assert.deepEqual(
      store.read((tx) => records.pageById(tx, 0, 9)).map(({ id }) => id),
      [1, 2],
    );
    assert.equal(
      store.read((tx) => others.kindOfId(tx, 1)),
      undefined,
    );
    assert.deepEqual(store.read(snapshottersInUse), ['another', 'memory']);
    assert.equal(
      store.read((tx) => others.isUsed(tx, 'other')),
      false,
    );
  });

  it('come in pages, in the byte order of their keys', async (t) => {
    const { store, records, insert } = await open(t);
    const keys = ['\u{1f680}', '\ue000', 'b', 'a b', 'a', 'Z'];
    for (const [index, key] of keys.entries()) await insert({ id: index + 1, key });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = store.read((tx) => records.page(tx, namespace, { after, limit: 4 }));
      seen.push(...page.map(({ key }) => key));
      if (page.length < 4) break;
      after = page.at(-1)?.key;
    }
    const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(seen, byBytes);
  });

  it('are found by parent and by label', async (t) => {
    const opened = await open(t);
    await layers(opened, 1);
    const { store, records, insert } = opened;
    await insert({ id: 2, key: 'a', chain: [1], labels: labelsOf({ l: 'x' }) });
    await insert({ id: 3, key: 'b', chain: [1], labels: labelsOf({ l: 'y' }) });
    const byLabel = (value: string | undefined) =>
      store.read((tx) => records.keysByLabel(tx, { namespace, label: 'l', value, limit: 9 }));
    assert.deepEqual(byLabel('x'), ['a']);
    assert.deepEqual(byLabel(undefined).sort(), ['a', 'b']);
    assert.deepEqual(store.read((tx) => records.keysByParent(tx, { namespace, key: 'layer 1' }, 9)).sort(), ['a', 'b']);
    assert.deepEqual(
      store.read((tx) => records.keysByParent(tx, { namespace, key: 'nobody' }, 9)),
      [],
    );
  });
});
