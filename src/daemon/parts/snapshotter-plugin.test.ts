import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { newRoot, startParts, storePart } from '../../../tests/support/plugins.js';
import { noFaults } from '../../base/index.js';
import { FailedPreconditionError, InternalError, NotImplementedError } from '../../errors/index.js';
import { definePlugin, type PluginSet, SkipPlugin } from '../../plugins/index.js';
import { pluginTypes } from './plugin-types.js';
import { type BackEnd, snapshotterPlugin } from './snapshotter-plugin.js';

const brokenStore = definePlugin({
  type: pluginTypes.store,
  id: 'sqlite',
  init: () => Promise.reject(new InternalError('another process has the root')),
});

const config = (answering: Promise<unknown> = Promise.resolve()) => ({
  durability: 'full',
  answering,
  faults: noFaults,
});

/** A back end over a driver in memory. */
const mine = (driver: MemoryDriver, change: Partial<BackEnd> = {}) =>
  snapshotterPlugin({
    id: 'mine',
    syncRemove: false,
    limits: { policy: 'strict', defaults: {} },
    open: () => driver,
    ...change,
  });

const reportOf = ({ reports }: PluginSet) =>
  reports.find(({ id }) => id === 'mine') ?? assert.fail('there is no report');

describe('a snapshotter of a daemon', () => {
  it('works on the store of the daemon, and shows where its files are', async (t) => {
    const driver = new MemoryDriver();
    const started = await startParts(await newRoot(t), [storePart, mine(driver)], config());
    {
      await using plugins = started.plugins;
      await plugins.all(pluginTypes.snapshotter).get('mine')?.prepare({ key: 'k' });
      const { exports, capabilities } = reportOf(plugins);
      assert.deepEqual([exports.get('root'), capabilities], ['/memory', ['rebase']]);
    }
    assert.equal(driver.closed, true);
  });

  it('has its files below the root, or where the configuration says', async (t) => {
    const root = await newRoot(t);
    for (const rootPath of ['', path.join(root, 'elsewhere')]) {
      const seen: string[] = [];
      const open: BackEnd['open'] = ({ root: given }) => {
        seen.push(given);
        return new MemoryDriver();
      };
      const started = await startParts(root, [storePart, mine(new MemoryDriver(), { rootPath, open })], config());
      await started.plugins.stop();
      assert.deepEqual(seen, [rootPath || path.join(root, 'io.containerd.snapshotter.v1.mine')]);
    }
  });

  it('repairs what the last run left, when calls are answered', async (t) => {
    const driver = new MemoryDriver();
    driver.files.add('99');
    const { promise: answering, resolve: answer } = Promise.withResolvers<void>();
    const started = await startParts(await newRoot(t), [storePart, mine(driver)], config(answering));
    await using plugins = started.plugins;
    const recovery = () => reportOf(plugins).exports.get('recovery');
    assert.deepEqual([recovery(), driver.files.size], ['under way', 1]);
    answer();
    while (recovery() === 'under way') await new Promise(setImmediate);
    assert.match(recovery() ?? '', /deleted=1/);
    assert.equal(driver.files.size, 0);
  });

  it('counts what could not be deleted', async (t) => {
    const driver = new MemoryDriver();
    const started = await startParts(await newRoot(t), [storePart, mine(driver)], config());
    await using plugins = started.plugins;
    const snapshotter = plugins.all(pluginTypes.snapshotter).get('mine') ?? assert.fail('it did not start');
    const undeleted = () => reportOf(plugins).exports.get('undeleted');
    await snapshotter.prepare({ key: 'k' });
    driver.failures.set('discard', new Error('busy'));
    await snapshotter.remove('k');
    await snapshotter.cleanup();
    assert.equal(undeleted(), '1');
    driver.failures.clear();
    await snapshotter.cleanup();
    assert.equal(undeleted(), '0');
  });

  it('is not opened without a store, which may belong to another process', async (t) => {
    const open = () => assert.fail('it was opened');
    const started = await startParts(await newRoot(t), [brokenStore, mine(new MemoryDriver(), { open })], config());
    await using plugins = started.plugins;
    assert.equal(reportOf(plugins).status, 'failed');
  });

  it('is skipped where the machine cannot run it, and failed where something is wrong', async (t) => {
    const cases = [
      [new NotImplementedError('no such file system'), 'skipped'],
      [new SkipPlugin('not configured'), 'skipped'],
      [new FailedPreconditionError('the disk is read-only'), 'failed'],
      [new Error('a fault'), 'failed'],
    ] as const;
    for (const [error, status] of cases) {
      const back = mine(new MemoryDriver(), { skippedBy: [NotImplementedError], open: () => Promise.reject(error) });
      const started = await startParts(await newRoot(t), [storePart, back], config());
      await using plugins = started.plugins;
      assert.equal(reportOf(plugins).status, status, String(error));
    }
  });

  it('closes its driver when it cannot be opened', async (t) => {
    const driver = new MemoryDriver();
    Object.assign(driver, { restore: () => Promise.reject(new Error('mounts are gone')) });
    const started = await startParts(await newRoot(t), [storePart, mine(driver)], config());
    await using plugins = started.plugins;
    assert.equal(reportOf(plugins).status, 'failed');
    assert.equal(driver.closed, true);
  });
});
