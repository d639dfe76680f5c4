import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  CanceledError,
  FailedPreconditionError,
  NotFoundError,
  NotImplementedError,
  ResourceExhaustedError,
  UnknownError,
} from '../../errors/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { GuardedSnapshotter, LocalSnapshotter, snapshotTables } from '../index.js';
import { reservedIdsTable } from '../records/tables.js';

async function open(t: TestContext, options: { syncRemove?: boolean } = {}) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const reported: string[] = [];
  const errors = { report: (task: string) => void reported.push(task) };
  const start = () => LocalSnapshotter.open({ name: 'memory', store, driver, errors, ...options });
  return { store, driver, reported, start, snapshotter: await start() };
}

testSnapshotter('LocalSnapshotter over memory', {
  open: async (t) => ({ snapshotter: new GuardedSnapshotter((await open(t)).snapshotter) }),
  noMountReason: 'memory cannot be mounted',
});

describe('LocalSnapshotter', () => {
  it('never lets one call wait for the files of another', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'slow to seal' });
    for (const step of ['create', 'seal', 'usage', 'discard'] as const) {
      const gate = new Gate();
      driver.gates.set(step, gate);
      const slow = {
        create: () => snapshotter.prepare({ key: 'slow' }),
        seal: () => snapshotter.commit({ key: 'slow to seal', name: 'layer' }),
        usage: () => snapshotter.usage('slow'),
        discard: () => snapshotter.remove('slow').then(() => snapshotter.cleanup()),
      }[step]();
      await gate.reached;
      driver.gates.delete(step);
      await snapshotter.prepare({ key: `quick ${step}` });
      await snapshotter.commit({ key: `quick ${step}`, name: `layer ${step}` });
      await snapshotter.remove(`layer ${step}`);
      gate.open();
      await slow;
    }
  });

  it('tells of layers that come or change, when that is recorded, and of nothing else', async (t) => {
    const { store, ...temporary } = await temporaryStore(snapshotTables);
    t.after(() => temporary[Symbol.asyncDispose]());
    const told: (number | string)[] = [];
    const layers = { changed: (id: number) => void told.push(id), close: async () => void told.push('closed') };
    const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver(), layers });
    await snapshotter.prepare({ key: 'one' });
    await snapshotter.update({ name: 'one', labels: new Map([['a', 'b']]) });
    assert.deepEqual(told, []);
    await snapshotter.commit({ key: 'one', name: 'layer' });
    await snapshotter.prepare({ key: 'two', parent: 'layer' });
    await assert.rejects(snapshotter.commit({ key: 'two', name: 'layer' }));
    assert.deepEqual(told, [1], 'a commit that was refused is none');
    await snapshotter.update({ name: 'layer', labels: new Map([['a', 'b']]) });
    assert.deepEqual(told, [1, 1]);
    await snapshotter.close();
    assert.deepEqual(told, [1, 1, 'closed']);
  });

  it('refuses a rebase when layers are whole copies, and leaves the active snapshot', async (t) => {
    const { store, ...temporary } = await temporaryStore(snapshotTables);
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
    await assert.rejects(snapshotter.prepare({ key: 'k' }), {
      message: 'failed to create snapshot: snapshot k: already exists',
    });
    assert.deepEqual([...driver.files], ['1']);
    driver.failures.set('discard', new Error('busy'));
    await assert.rejects(snapshotter.prepare({ key: 'k' }), { message: /already exists/ });
    assert.deepEqual(reported, ['delete the files of the unrecorded snapshot 3']);
    driver.failures.clear();
    await snapshotter.cleanup();
    assert.deepEqual([...driver.files], ['1']);
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

  it('never gives out an id twice, whatever was not recorded before a crash', async (t) => {
    const { driver, snapshotter, start, store } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    driver.files.add('2');
    const again = await start();
    await again.prepare({ key: 'after' });
    const ids = [...driver.created.keys()].map(Number);
    assert.equal(ids.length, 2);
    assert.ok((ids[1] ?? 0) > 4096, `${ids}`);
    assert.ok((store.read((tx) => tx.get(reservedIdsTable, ['memory'])) ?? 0) >= (ids[1] ?? 0));
  });

  it('gives out more ids at once than one reservation holds', async (t) => {
    const { driver, snapshotter } = await open(t);
    const keys = Array.from({ length: 9_000 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => snapshotter.prepare({ key })));
    assert.equal(driver.files.size, keys.length);
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
      message:
        /^failed to create snapshot: .*(files of parent 1: not found|was replaced while the snapshot was made: aborted)$/,
    });
    await assert.rejects(snapshotter.stat('k'), NotFoundError);
    // Those of the first base go in the background.
    while (driver.files.size > 1) await delay(5);
    assert.equal(driver.files.size, 1);
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
          ? 'failed to commit snapshot k: snapshot "k" was replaced while it was committed: aborted'
          : 'failed to commit snapshot k: failed to get active snapshot: not found',
      });
      await assert.rejects(snapshotter.stat('n'), NotFoundError);
    }
  });

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

  it('shows the labels that the driver computes, and does not store them', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    const shown = new Map([['containerd.io/snapshot/memory.id', '1']]);
    assert.deepEqual((await snapshotter.stat('k')).labels, shown);
    for await (const info of snapshotter.walk()) assert.deepEqual(info.labels, shown);
    const updated = await snapshotter.update({ name: 'k', labels: new Map() });
    assert.deepEqual(updated.labels, shown);
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
        const { driver, snapshotter, reported } = await open(t, { syncRemove });
        await snapshotter.prepare({ key: 'k' });
        driver.failures.set('discard', new Error('busy'));
        await snapshotter.remove('k');
        await assert.rejects(snapshotter.cleanup(), UnknownError).catch(() => undefined);
        assert.match(reported[0] ?? '', /^delete the files of snapshots? 1$/);
        driver.failures.clear();
        await snapshotter.cleanup();
        assert.equal(driver.files.size, 0);
      }
    });
  });

  it('cleans up what no record speaks of, and nothing else', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    for (const stray of ['2', '0', '01', '1e0', 'new-12', '99999999999999999999', '-1', '1.0']) driver.files.add(stray);
    const gate = new Gate();
    driver.gates.set('create', gate);
    const staging = snapshotter.prepare({ key: 'staged' });
    await gate.reached;
    driver.files.add('2');
    await snapshotter.cleanup();
    assert.deepEqual([...driver.files], ['1', '2']);
    driver.files.delete('2');
    gate.open();
    await staging;
  });

  it('closes its driver', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.close();
    assert.equal(driver.closed, true);
  });
});
