import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { NotFoundError, NotImplementedError } from '../../errors/index.js';
import { LocalSnapshotter } from '../index.js';
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
