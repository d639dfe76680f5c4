import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { labelsOf } from '../api/labels.js';
import { noLabels } from '../api/types.js';
import { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { Namespaces } from './namespaces.js';

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
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

  it('deletes only what is empty', async (t) => {
    const { store, namespaces } = await open(t);
    const snapshotter = await LocalSnapshotter.open({ name: 'overlayfs', store, driver: new MemoryDriver() });
    t.after(() => snapshotter.close());
    await snapshotter.prepare({ key: 'k' }, { namespace: 'a' });
    await snapshotter.prepare({ key: 'k' });
    assert.deepEqual(
      (await namespaces.list()).map(({ name }) => name),
      ['a'],
      'what a containerd in front has is in no namespace',
    );
    await assert.rejects(namespaces.delete('a'), {
      message:
        'namespace "a" must be empty, but it still has snapshots on "overlayfs" snapshotter: failed precondition',
    });
    await snapshotter.remove('k', { namespace: 'a' });
    await namespaces.delete('a');
    assert.deepEqual(await namespaces.list(), []);
  });
});
