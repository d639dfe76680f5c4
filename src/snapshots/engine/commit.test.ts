import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { FailedPreconditionError, NotFoundError, NotImplementedError } from '../../errors/index.js';
import { parentChainLabel } from '../api/labels.js';
import { LocalSnapshotter, labelsOf } from '../index.js';
import { open } from './local-snapshotter.test.rig.js';

describe('Commit', () => {
  it('refuses a rebase when layers are whole copies, and leaves the active snapshot', async (t) => {
    const { store, ...temporary } = await temporaryStore();
    t.after(() => temporary[Symbol.asyncDispose]());
    const driver = Object.assign(new MemoryDriver(), { capabilities: { names: [] } });
    const errors = { report: () => undefined };
    const snapshotter = await LocalSnapshotter.open({ name: 'copies', store, driver, errors });
    for (const key of ['a', 'b', 'c']) await snapshotter.prepare({ key });
    await snapshotter.commit({ key: 'a', name: 'base' });
    await assert.rejects(snapshotter.commit({ key: 'b', name: 'n', parent: 'base' }), NotImplementedError);
    assert.equal((await snapshotter.stat('b')).kind, 'active');
    await assert.rejects(snapshotter.stat('n'), NotFoundError);
    await snapshotter.prepare({ key: 'over', parent: 'base' });
    await snapshotter.commit({ key: 'over', name: 'top', parent: 'base' });
    assert.equal((await snapshotter.stat('top')).parent, 'base');
  });

  it('refuses a layer of an unpacker that does not say that its parent comes later', async (t) => {
    const { snapshotter } = await open(t);
    const keys = ['extract-1-a sha256:0a', 'default/12/extract-1-a sha256:0a'];
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.commit({ key: 'a', name: 'base' });
    for (const key of keys) {
      await snapshotter.prepare({ key });
      await assert.rejects(snapshotter.commit({ key, name: 'n', parent: 'base' }), (error) => {
        assert.ok(error instanceof FailedPreconditionError);
        assert.match(error.message, /take "rebase" out of the capabilities of this snapshotter/);
        return true;
      });
      assert.equal((await snapshotter.stat(key)).kind, 'active');
      await snapshotter.remove(key);

      await snapshotter.prepare({ key, labels: labelsOf({ [parentChainLabel]: 'sha256:0b' }) });
      await snapshotter.commit({ key, name: `layer ${key}`, parent: 'base' });
      assert.equal((await snapshotter.stat(`layer ${key}`)).parent, 'base');

      await snapshotter.prepare({ key });
      await snapshotter.commit({ key, name: `bottom ${key}` });
      await snapshotter.prepare({ key, parent: 'base' });
      await snapshotter.commit({ key, name: `over ${key}`, parent: 'base' });
    }
  });

  it('refuses every rebase where layers are differences and lose their deletions', async (t) => {
    const { driver, snapshotter } = await open(t);
    Object.assign(driver, { capabilities: { names: [], layersAreDifferences: true } });
    const labels = labelsOf({ [parentChainLabel]: 'sha256:0b' });
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.commit({ key: 'a', name: 'base' });
    for (const key of ['b', 'extract-1-a sha256:0a']) {
      await snapshotter.prepare({ key, labels });
      const committing = snapshotter.commit({ key, name: 'n', parent: 'base' });
      await assert.rejects(committing, FailedPreconditionError);
      assert.equal((await snapshotter.stat(key)).kind, 'active');
    }
  });

  it('refuses to commit what was removed, or replaced, while it was sealed', async (t) => {
    const { driver, snapshotter } = await open(t);
    for (const replace of [false, true]) {
      await snapshotter.prepare({ key: 'k' });
      const gate = new Gate();
      driver.gates.set('seal', gate);
      const committing = snapshotter.commit({ key: 'k', name: 'n' });
      await gate.reached;
      driver.gates.clear();
      await snapshotter.remove('k');
      if (replace) await snapshotter.prepare({ key: 'k' });
      gate.open();
      await assert.rejects(committing, {
        message: replace
          ? 'snapshot "k" was replaced while it was committed: aborted'
          : 'can not find snapshotter "memory": not found',
      });
      await assert.rejects(snapshotter.stat('n'), NotFoundError);
    }
  });

  it('measures a layer at its commit, and what is active when asked', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    driver.measured = { size: 10, inodes: 2 };
    assert.deepEqual(await snapshotter.usage('k'), { size: 10, inodes: 2 });
    await snapshotter.commit({ key: 'k', name: 'n' });
    driver.measured = { size: 99, inodes: 9 };
    assert.deepEqual(await snapshotter.usage('n'), { size: 10, inodes: 2 });
    await snapshotter.view({ key: 'v', parent: 'n' });
    assert.deepEqual(await snapshotter.usage('v'), { size: 0, inodes: 0 });
  });
});
