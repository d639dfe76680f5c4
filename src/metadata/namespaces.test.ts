import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../tests/support/store.js';
import { labelsOf, noLabels } from '../snapshots/index.js';
import { metadataTables, Namespaces } from './index.js';
import { MetadataRecords } from './records.js';

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore(metadataTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  return { store, namespaces: new Namespaces(store) };
}

describe('Namespaces', () => {
  it('creates, gets, lists in byte order and deletes', async (t) => {
    const { namespaces } = await open(t);
    for (const name of ['b', 'a', 'B']) await namespaces.create({ name, labels: labelsOf({ l: name }) });
    assert.deepEqual(
      (await namespaces.list()).map(({ name }) => name),
      ['B', 'a', 'b'],
    );
    assert.deepEqual(await namespaces.get('a'), { name: 'a', labels: labelsOf({ l: 'a' }) });
    await namespaces.delete('a');
    await assert.rejects(namespaces.get('a'), { message: 'namespace "a": not found' });
    await assert.rejects(namespaces.delete('a'), { message: 'namespace "a": not found' });
    await assert.rejects(namespaces.get(''), { message: 'namespace "": not found' });
  });

  it('refuses what is there and what is malformed', async (t) => {
    const { namespaces } = await open(t);
    await namespaces.create({ name: 'a', labels: noLabels });
    await assert.rejects(namespaces.create({ name: 'a', labels: noLabels }), {
      message: 'namespace "a": already exists',
    });
    for (const name of ['', 'a/b', '-a', 'a..b', 'x'.repeat(77)]) {
      await assert.rejects(namespaces.create({ name, labels: noLabels }), { code: 'InvalidArgument' });
      await assert.rejects(namespaces.update({ name, labels: noLabels }), { code: 'InvalidArgument' });
    }
    assert.equal((await namespaces.list()).length, 1);
  });

  it('updates labels by path, or all of them', async (t) => {
    const { namespaces } = await open(t);
    await namespaces.create({ name: 'a', labels: labelsOf({ x: '1', y: '2' }) });
    const update = { name: 'a', labels: labelsOf({ x: '9' }) };
    const byPath = await namespaces.update({ ...update, fieldpaths: ['labels.x', 'labels.y'] });
    assert.deepEqual(byPath.labels, labelsOf({ x: '9' }));
    await assert.rejects(namespaces.update({ ...update, fieldpaths: ['labels'] }), {
      message: 'cannot update "labels" field: invalid argument',
    });
    await namespaces.update({ name: 'a', labels: labelsOf({ z: '3' }) });
    assert.deepEqual((await namespaces.get('a')).labels, labelsOf({ z: '3' }));
    await namespaces.update({ name: 'new', labels: noLabels });
    assert.deepEqual((await namespaces.get('new')).labels, noLabels);
  });

  it('deletes only what is empty, and never gives a number out again', async (t) => {
    const { store, namespaces } = await open(t);
    const records = new MetadataRecords('a', 'overlayfs');
    const labels = noLabels;
    const put = () =>
      store.write((tx) => {
        const number = records.nextNumber(tx);
        const backendKey = records.backendKey(number, 'k');
        return records.put(tx, { key: 'k', number, backendKey, parent: '', labels, created: 0, updated: 0 });
      });
    const record = await put();
    await assert.rejects(namespaces.delete('a'), {
      message:
        'namespace "a" must be empty, but it still has snapshots on "overlayfs" snapshotter: failed precondition',
    });
    await store.write((tx) => records.delete(tx, 'k', record));
    await namespaces.delete('a');
    assert.deepEqual(await namespaces.list(), []);
    assert.equal((await put()).number, 2);
    assert.deepEqual(
      (await namespaces.list()).map(({ name }) => name),
      ['a'],
    );
  });
});
