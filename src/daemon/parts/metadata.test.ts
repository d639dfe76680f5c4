import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newRoot, snapshotterPart, startParts, storePart } from '../../../tests/support/plugins.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { eventPlugin } from './events.js';
import { metadataPlugin } from './metadata.js';
import { pluginTypes } from './plugin-types.js';

const parts = [storePart, eventPlugin, snapshotterPart('one'), snapshotterPart('two'), metadataPlugin];

describe('the metadata of a daemon', () => {
  it('has every snapshotter, which wants a namespace', async (t) => {
    const started = await startParts(await newRoot(t), parts, { proxy: false });
    await using plugins = started.plugins;
    const { snapshotters, own } = plugins.single(pluginTypes.metadata);
    assert.deepEqual([...snapshotters.keys()], ['one', 'two']);
    const one = snapshotters.get('one');
    await assert.rejects(Promise.resolve(one?.prepare({ key: 'k' })), FailedPreconditionError);
    await one?.prepare({ key: 'k' }, { namespace: 'ci' });
    assert.deepEqual(
      (await own?.namespaces.list())?.map(({ name }) => name),
      ['ci'],
    );
  });

  it('has the snapshotters themselves, and no namespaces, for a containerd in front', async (t) => {
    const started = await startParts(await newRoot(t), parts, { proxy: true });
    await using plugins = started.plugins;
    const { snapshotters, own } = plugins.single(pluginTypes.metadata);
    assert.equal(own, undefined);
    assert.equal(snapshotters.get('one'), plugins.all(pluginTypes.snapshotter).get('one'));
  });

  it('tells clients where the records are', async (t) => {
    const started = await startParts(await newRoot(t), parts, { proxy: false });
    await using plugins = started.plugins;
    const exports = plugins.reports.find(({ type }) => type === pluginTypes.metadata.uri)?.exports;
    assert.equal(exports?.get('path'), plugins.single(pluginTypes.store).file);
    assert.equal(exports?.get('policy'), 'isolated');
  });

  it('tells clients whether a containerd in front has the snapshots', async (t) => {
    for (const proxy of [false, true]) {
      const started = await startParts(await newRoot(t), parts, { proxy });
      await using plugins = started.plugins;
      const exports = plugins.reports.find(({ type }) => type === pluginTypes.metadata.uri)?.exports;
      assert.equal(exports?.get('proxy'), String(proxy));
    }
  });
});
