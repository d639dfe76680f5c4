import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newRoot, snapshotterPart, startParts, storePart } from '../../../tests/support/plugins.js';
import { FailedPreconditionError, UnavailableError } from '../../errors/index.js';
import { definePlugin } from '../../plugins/index.js';
import { StatWatch } from '../front/stat-watch.js';
import { eventPlugin } from './events.js';
import { metadataPlugin } from './metadata.js';
import { pluginTypes } from './plugin-types.js';
import { snapshotsServicePlugin } from './snapshots-service.js';

const parts = [storePart, snapshotterPart('one'), eventPlugin, metadataPlugin, snapshotsServicePlugin];

describe('the snapshots service of a daemon', () => {
  it('publishes what happens, in the namespace of the call', async (t) => {
    const started = await startParts(await newRoot(t), parts, { proxy: false });
    await using plugins = started.plugins;
    const events = plugins.single(pluginTypes.event).subscribe([]);
    const one = plugins.single(pluginTypes.service).get('one');
    await one?.prepare({ key: 'k' }, { namespace: 'ci' });
    for await (const { topic, namespace, event } of events) {
      assert.deepEqual(
        [topic, namespace, event?.typeUrl],
        ['/snapshot/prepare', 'ci', 'containerd.events.SnapshotPrepare'],
      );
      break;
    }
  });

  it('wants a namespace, unless there is one for calls that name none', async (t) => {
    const root = await newRoot(t);
    {
      const started = await startParts(root, parts, { proxy: false });
      await using plugins = started.plugins;
      const one = plugins.single(pluginTypes.service).get('one');
      await assert.rejects(Promise.resolve(one?.prepare({ key: 'k' })), FailedPreconditionError);
    }
    const started = await startParts(root, parts, { proxy: false, namespace: 'mine' });
    await using plugins = started.plugins;
    const one = plugins.single(pluginTypes.service).get('one');
    await one?.prepare({ key: 'k' });
    assert.equal((await one?.stat('k', { namespace: 'mine' }))?.name, 'k');
  });

  it('passes over namespaces, and publishes nothing, for a containerd in front', async (t) => {
    const started = await startParts(await newRoot(t), parts, { proxy: true, stats: new StatWatch() });
    await using plugins = started.plugins;
    const exchange = plugins.single(pluginTypes.event);
    const one = plugins.single(pluginTypes.service).get('one');
    const events = exchange.subscribe([]);
    await one?.prepare({ key: 'ci/1/k' }, { namespace: 'ci' });
    assert.equal((await one?.stat('ci/1/k', { namespace: 'other' }))?.name, 'ci/1/k');
    await exchange.publish('/first', { typeUrl: 'x', value: new Uint8Array() }, { namespace: 'ci' });
    for await (const { topic } of events) {
      assert.equal(topic, '/first');
      break;
    }
  });

  it('answers a containerd in front at once when it asks for a clean-up, where that is wanted', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    for (const cleanupInBackground of [true, false]) {
      const config = { proxy: true, cleanupInBackground };
      const started = await startParts(await newRoot(t), parts, config);
      await using plugins = started.plugins;
      const one = plugins.single(pluginTypes.service).get('one') ?? assert.fail('it did not start');
      const inner = plugins.all(pluginTypes.snapshotter).get('one') ?? assert.fail('it did not start');
      inner.cleanup = () => Promise.reject(new UnavailableError('the disk is gone'));
      if (!cleanupInBackground) await assert.rejects(one.cleanup(), UnavailableError);
      else {
        await one.cleanup();
        t.mock.timers.tick(1000);
        await new Promise((resolve) => setImmediate(resolve));
        assert.match(started.log.join(''), /the disk is gone.*failed to clean up/);
      }
    }
  });

  it('shows what a containerd in front asks for, and nobody else', async (t) => {
    for (const proxy of [true, false]) {
      const stats = new StatWatch();
      const seen: unknown[] = [];
      using _ = stats.watch((stat) => void seen.push(stat));
      const started = await startParts(await newRoot(t), parts, { proxy, stats });
      await using plugins = started.plugins;
      const one = plugins.single(pluginTypes.service).get('one');
      await one?.prepare({ key: 'ci/1/k' }, { namespace: 'ci' });
      await one?.stat('ci/1/k', { namespace: 'ci' });
      assert.deepEqual(seen, proxy ? [{ snapshotter: 'one', key: 'ci/1/k', there: true }] : []);
    }
  });

  it('has done what was asked although nobody could be told, and says so in the log', async (t) => {
    const failing = definePlugin({
      type: pluginTypes.event,
      id: 'exchange',
      init: () => ({
        publish: () => Promise.reject(new UnavailableError('it is closed')),
        forward: () => assert.fail(),
        subscribe: () => assert.fail(),
        close: async () => undefined,
        counters: { published: 0, overrun: 0, dropped: 0, subscribers: 0 },
        [Symbol.asyncDispose]: async () => undefined,
      }),
    });
    const withFailing = [storePart, snapshotterPart('one'), failing, metadataPlugin, snapshotsServicePlugin];
    const started = await startParts(await newRoot(t), withFailing, { proxy: false });
    await using plugins = started.plugins;
    const one = plugins.single(pluginTypes.service).get('one');
    await one?.prepare({ key: 'k' }, { namespace: 'ci' });
    assert.equal((await one?.stat('k', { namespace: 'ci' }))?.name, 'k');
    assert.match(
      started.log.join(''),
      /"topic":"\/snapshot\/prepare".*failed to publish an event; the operation succeeded/,
    );
  });
});
