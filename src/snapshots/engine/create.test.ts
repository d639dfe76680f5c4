import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Gate } from '../../../tests/support/memory-driver.js';
import { CanceledError, NotFoundError, ResourceExhaustedError } from '../../errors/index.js';
import { open } from './local-snapshotter.test.rig.js';

describe('Prepare and View', () => {
  it('leaves nothing when the driver fails', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'active' });
    const full = Object.assign(new Error('ENOSPC: no space left on device, mkdir'), { code: 'ENOSPC' });
    driver.failures.set('create', full).set('seal', full);
    await assert.rejects(snapshotter.prepare({ key: 'k' }), (error) => {
      assert.ok(error instanceof ResourceExhaustedError);
      assert.equal(
        error.message,
        'failed to create snapshot: ENOSPC: no space left on device, mkdir: resource exhausted',
      );
      assert.equal(error.cause, full);
      return true;
    });
    await assert.rejects(snapshotter.commit({ key: 'active', name: 'n' }), ResourceExhaustedError);
    await assert.rejects(snapshotter.stat('k'), NotFoundError);
    assert.equal((await snapshotter.stat('active')).kind, 'active');
    assert.deepEqual([...driver.files], ['1']);
  });

  it('discards the files of what could not be recorded', async (t) => {
    const { driver, snapshotter, reported } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    await assert.rejects(snapshotter.prepare({ key: 'k' }), { message: 'snapshot "k": already exists' });
    assert.deepEqual([...driver.created.keys()], ['1'], 'for what can be seen to fail no files are made');
    const race = () => Promise.allSettled([snapshotter.prepare({ key: 'r' }), snapshotter.prepare({ key: 'r' })]);
    const [first, second] = await race();
    assert.equal(first.status, 'fulfilled');
    assert.match(String(second.status === 'rejected' && second.reason), /snapshot "r": already exists/);
    assert.deepEqual([...driver.files], ['1', '2']);
    await snapshotter.remove('r');
    await snapshotter.cleanup();
    driver.failures.set('discard', new Error('busy'));
    await race();
    assert.deepEqual(reported, ['delete the files of snapshots 5']);
    driver.failures.clear();
    await snapshotter.cleanup();
    assert.deepEqual([...driver.files], ['1', '4']);
  });

  it('records nothing for a call that is aborted while its files are made', async (t) => {
    const { driver, snapshotter } = await open(t);
    const gate = new Gate();
    driver.gates.set('create', gate);
    const abort = new AbortController();
    const making = snapshotter.prepare({ key: 'k' }, { signal: abort.signal });
    await gate.reached;
    abort.abort();
    gate.open();
    await assert.rejects(making, CanceledError);
    await assert.rejects(snapshotter.stat('k'), NotFoundError);
    assert.deepEqual([...driver.files], []);
  });

  it('refuses a parent that was replaced by another of its name while the files were made', {
    timeout: 30_000,
  }, async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'p' });
    await snapshotter.commit({ key: 'p', name: 'base' });
    const gate = new Gate();
    driver.gates.set('create', gate);
    const making = snapshotter.prepare({ key: 'k', parent: 'base' });
    await gate.reached;
    driver.gates.clear();
    await snapshotter.remove('base');
    await snapshotter.prepare({ key: 'p' });
    await snapshotter.commit({ key: 'p', name: 'base' });
    gate.open();
    await assert.rejects(making, {
      message: /^failed to create snapshot: .*(files of parent 1: not found|was replaced meanwhile: aborted)$/,
    });
    await assert.rejects(snapshotter.stat('k'), NotFoundError);
    // Those of the first base go in the background.
    while (driver.files.size > 1) await delay(5);
    assert.equal(driver.files.size, 1);
  });
});
