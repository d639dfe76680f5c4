import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { CanceledError, NotFoundError, UnavailableError } from '../../errors/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { completedCall, withNamespace } from '../api/types.js';
import { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { type SnapshotEvent, SnapshotService, type SnapshotServiceOptions } from './snapshot-service.js';

async function open(t: TestContext, options: SnapshotServiceOptions = {}) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const inner = await LocalSnapshotter.open({ name: 'memory', store, driver });
  return { driver, inner, snapshotter: new SnapshotService(inner, options) };
}

testSnapshotter('SnapshotService', {
  open: async (t) => ({ snapshotter: (await open(t, { publish: async () => undefined })).snapshotter }),
  noMountReason: 'memory cannot be mounted',
});

describe('SnapshotService', () => {
  it('waits for the calls under way before it closes, and takes no more meanwhile', async (t) => {
    const { driver, snapshotter } = await open(t);
    const gate = new Gate();
    driver.gates.set('create', gate);
    const making = snapshotter.prepare({ key: 'k' });
    await gate.reached;
    assert.equal(snapshotter.inFlight, 1);
    const closing = snapshotter.close();
    await assert.rejects(snapshotter.stat('k'), UnavailableError);
    assert.equal(driver.closed, false);
    gate.open();
    await making;
    await closing;
    assert.equal(driver.closed, true);
    assert.equal(snapshotter.inFlight, 0);
  });

  it('answers a clean-up when it is done', async (t) => {
    const { driver, snapshotter } = await open(t);
    driver.files.add('99');
    await snapshotter.cleanup();
    assert.equal(driver.files.size, 0);
    driver.ids = () => assert.fail('the disk is broken');
    await assert.rejects(snapshotter.cleanup(), /the disk is broken/);
    await snapshotter.close();
  });

  it('answers a clean-up at once where its failure is told', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const failures: unknown[] = [];
    const { driver, snapshotter } = await open(t, { onCleanupFailed: (error) => failures.push(error) });
    driver.files.add('99');
    const abort = new AbortController();
    await snapshotter.cleanup({ signal: abort.signal });
    assert.equal(driver.files.size, 1);
    abort.abort();
    t.mock.timers.tick(1000);
    while (driver.files.size > 0) await new Promise((resolve) => setImmediate(resolve));
    driver.ids = () => assert.fail('the disk is broken');
    await snapshotter.cleanup();
    t.mock.timers.tick(1000);
    while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.match(String(failures[0]), /the disk is broken/);
    await snapshotter.close();
  });

  it('ends a clean-up in the background when it is closed', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const failures: unknown[] = [];
    const { driver, snapshotter } = await open(t, { onCleanupFailed: (error) => failures.push(error) });
    await snapshotter.prepare({ key: 'k' });
    await snapshotter.remove('k');
    const gate = new Gate();
    driver.gates.set('discard', gate);
    await snapshotter.cleanup();
    t.mock.timers.tick(1000);
    await gate.reached;
    const closing = snapshotter.close();
    gate.open();
    await closing;
    assert.deepEqual([driver.closed, failures], [true, []]);
  });

  it('waits for a walk that is read slowly, and for one that is left early', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.prepare({ key: 'b' });
    let closing: Promise<void> | undefined;
    for await (const _ of snapshotter.walk()) {
      closing ??= snapshotter.close();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(driver.closed, false);
      break;
    }
    await closing;
    assert.equal(driver.closed, true);
  });

  it('tells what was asked for, and whether it was there', async (t) => {
    const told: unknown[] = [];
    const { snapshotter } = await open(t, { asked: (key, there) => void told.push([key, there]) });
    await snapshotter.prepare({ key: 'k' });
    await snapshotter.stat('k');
    await assert.rejects(snapshotter.stat('gone'), NotFoundError);
    await assert.rejects(snapshotter.stat('other', { signal: AbortSignal.abort() }), CanceledError);
    assert.deepEqual(told, [
      ['k', true],
      ['gone', false],
    ]);
  });

  it('completes calls as it is told, and asks for no signal on the way', async (t) => {
    const { snapshotter } = await open(t, { complete: (call) => completedCall(call, { namespace: 'fallback' }) });
    const call = {
      get signal(): AbortSignal {
        throw new Error('asked for');
      },
      abortReason: () => undefined,
    };
    await snapshotter.prepare({ key: 'k' }, { namespace: 'own' });
    await snapshotter.prepare({ key: 'k' });
    assert.equal((await snapshotter.mounts('k', call))[0]?.source, '2');
    assert.equal((await snapshotter.stat('k', { namespace: 'fallback' })).name, 'k');
  });

  it('can have all calls in one namespace, whatever they say', async (t) => {
    const { snapshotter, inner } = await open(t, { complete: (call) => withNamespace(call, '') });
    await snapshotter.prepare({ key: 'k' }, { namespace: 'front' });
    assert.equal((await inner.stat('k')).name, 'k');
  });

  it('publishes what has happened, in order, before its callers know, and nothing else', async (t) => {
    const told: [SnapshotEvent, string | undefined][] = [];
    const publish = async (event: SnapshotEvent, { namespace }: { namespace?: string }) => {
      told.push([event, namespace]);
    };
    const { snapshotter } = await open(t, { publish });
    const call = { namespace: 'n' };
    await snapshotter.prepare({ key: 'a' }, call);
    assert.equal(told.length, 1);
    await snapshotter.commit({ key: 'a', name: 'base' }, call);
    await snapshotter.prepare({ key: 'b', parent: 'base' }, call);
    await snapshotter.view({ key: 'v', parent: 'base' }, call);
    await snapshotter.update({ name: 'b', labels: new Map() }, call);
    await assert.rejects(snapshotter.prepare({ key: 'b' }, call));
    await assert.rejects(snapshotter.commit({ key: 'x', name: 'n' }, call));
    await assert.rejects(snapshotter.remove('base', call));
    for (const key of ['v', 'b', 'base']) await snapshotter.remove(key, call);
    assert.deepEqual(told, [
      [{ topic: '/snapshot/prepare', key: 'a', parent: '' }, 'n'],
      [{ topic: '/snapshot/commit', key: 'a', name: 'base' }, 'n'],
      [{ topic: '/snapshot/prepare', key: 'b', parent: 'base' }, 'n'],
      [{ topic: '/snapshot/remove', key: 'v' }, 'n'],
      [{ topic: '/snapshot/remove', key: 'b' }, 'n'],
      [{ topic: '/snapshot/remove', key: 'base' }, 'n'],
    ]);
  });
});
