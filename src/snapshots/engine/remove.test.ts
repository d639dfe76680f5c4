import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { open } from './local-snapshotter.test.rig.js';

describe('Remove', () => {
  it('removes a parent only when no child is being recorded', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'p' });
    await snapshotter.commit({ key: 'p', name: 'base' });
    const outcomes = await Promise.allSettled([
      snapshotter.prepare({ key: 'k', parent: 'base' }),
      snapshotter.remove('base'),
    ]);
    const [made, removed] = outcomes.map(({ status }) => status === 'fulfilled');
    assert.notEqual(made, removed);
    if (made) await assert.rejects(snapshotter.remove('base'), FailedPreconditionError);
    await snapshotter.cleanup();
    assert.equal(driver.files.size, made ? 2 : 0);
  });

  describe('removal', () => {
    it('resolves before the files go, unless told otherwise', async (t) => {
      for (const syncRemove of [false, true]) {
        const { driver, snapshotter } = await open(t, { syncRemove });
        await snapshotter.prepare({ key: 'k' });
        const gate = new Gate();
        driver.gates.set('discard', gate);
        if (syncRemove) gate.open();
        await snapshotter.remove('k');
        assert.equal(driver.files.size, syncRemove ? 0 : 1);
        gate.open();
        await snapshotter.cleanup();
        assert.equal(driver.files.size, 0);
      }
    });

    it('succeeds when the files cannot be deleted, says so, and cleanup tries again', async (t) => {
      for (const syncRemove of [false, true]) {
        const { driver, snapshotter, reported, counts } = await open(t, { syncRemove });
        await snapshotter.prepare({ key: 'k' });
        driver.failures.set('discard', new Error('busy'));
        await snapshotter.remove('k');
        await snapshotter.cleanup();
        assert.deepEqual(reported, ['delete the files of snapshots 1']);
        assert.deepEqual([counts.at(-1), snapshotter.whyUndeleted('1'), snapshotter.isBusy('1')], [1, 'busy', false]);
        driver.failures.clear();
        await snapshotter.cleanup();
        assert.equal(driver.files.size, 0);
        assert.deepEqual([counts.at(-1), snapshotter.whyUndeleted('1')], [0, undefined]);
      }
    });
  });
});
