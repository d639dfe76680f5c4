import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { parseFilters } from '../../filters/index.js';
import { labelsOf } from '../api/labels.js';
import { candidatesOf } from './candidates.js';
import { SnapshotRecords } from './snapshot-records.js';

async function open(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const { store } = temporary;
  const records = new SnapshotRecords('memory');
  const add = (id: number, key: string, labels: Record<string, string>, chain: readonly number[] = []) =>
    store.write((tx) => {
      records.insert(tx, {
        id,
        namespace: 'n',
        key,
        kind: 'active',
        chain,
        labels: labelsOf(labels),
        kept: true,
        now: 1,
      });
    });
  await add(1, 'base', {});
  await store.write((tx) =>
    records.commit(tx, {
      id: 1,
      name: 'layer',
      chain: [],
      labels: labelsOf({}),
      usage: { size: 0, inodes: 0 },
      kept: true,
      now: 1,
    }),
  );
  await add(2, 'b', { color: 'red' }, [1]);
  await add(3, 'a', { color: 'blue', 'containerd.io/snapshot/x': '1' }, [1]);
  const find = (filters: readonly string[], computesLabels = false) =>
    store.read((tx) => candidatesOf(tx, { records, namespace: 'n', filter: parseFilters(filters), computesLabels }));
  return { find };
}

describe('the candidates of a filter', () => {
  it('come from an index, in byte order', async (t) => {
    const { find } = await open(t);
    assert.deepEqual(find(['labels.color']), ['a', 'b']);
    assert.deepEqual(find(['labels.color==red']), ['b']);
    assert.deepEqual(find(['parent==layer']), ['a', 'b']);
    assert.deepEqual(find(['name==anything']), ['anything'], 'whether it is there shows when it is read');
    assert.deepEqual(find(['labels.color==red', 'labels.color==blue', 'name==layer']), ['a', 'b', 'layer']);
  });

  it('come from the narrowest of several', async (t) => {
    const { find } = await open(t);
    assert.deepEqual(find(['parent==layer,labels.color==red']), ['a', 'b']);
    assert.deepEqual(find(['labels.color,labels.color==red']), ['b']);
    assert.deepEqual(find(['labels.color,name==b']), ['b']);
  });

  it('are unknown where no index can tell', async (t) => {
    const { find } = await open(t);
    for (const filters of [
      [],
      ['kind==active'],
      ['labels.color!=red'],
      ['name~=a'],
      ['parent==""'],
      ['name==a', 'kind==view'],
    ])
      assert.equal(find(filters), undefined, filters.join(' | '));
  });

  it('are unknown for labels that a driver may compute', async (t) => {
    const { find } = await open(t);
    const filters = ['labels."containerd.io/snapshot/x"==1'];
    assert.deepEqual(find(filters), ['a']);
    assert.equal(find(filters, true), undefined);
    assert.deepEqual(find(['labels.color==red'], true), ['b']);
  });
});
