import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { UnavailableError } from '../../errors/index.js';
import type { Collection } from '../api/collection.js';
import { CollectionScheduler, type SchedulerSettings } from './scheduler.js';

const nothing: Collection = { snapshots: [], skipped: [], leases: 0, milliseconds: 0 };
const defaults: SchedulerSettings = {
  pauseThreshold: 0.02,
  deletionThreshold: 0,
  mutationThreshold: 100,
  scheduleDelay: 0,
  startupDelay: 0,
};

/** A scheduler whose time the test moves, over a collector that only counts. */
function scheduled(t: TestContext, settings: Partial<SchedulerSettings> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const state = {
    runs: 0,
    failures: [] as unknown[],
    expiry: undefined as number | undefined,
    error: undefined as unknown,
  };
  const collector = {
    collect: async () => {
      state.runs++;
      if (state.error !== undefined) throw state.error;
      return nothing;
    },
    nextExpiry: () => state.expiry,
    whyKept: () => [],
  };
  const scheduler = new CollectionScheduler({
    collector,
    settings: { ...defaults, ...settings },
    finished: () => undefined,
    failed: (error) => state.failures.push(error),
  });
  t.after(() => scheduler.close());
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { scheduler, state, pass };
}

describe('the scheduler of collections', () => {
  it('collects some time after the start, and then only when something happens', async (t) => {
    const { scheduler, state, pass } = scheduled(t, { startupDelay: 100 });
    scheduler.note('deletion');
    await pass(10_000);
    assert.equal(state.runs, 0);
    scheduler.start();
    await pass(99);
    assert.equal(state.runs, 0);
    await pass(1);
    assert.equal(state.runs, 1);
    await pass(10_000_000);
    assert.equal(state.runs, 1);
  });

  it('collects after a removal, when the pause is over', async (t) => {
    const { scheduler, state, pass } = scheduled(t);
    scheduler.start();
    scheduler.note('mutation');
    scheduler.note('deletion');
    await pass(244);
    assert.equal(state.runs, 0);
    await pass(1);
    assert.equal(state.runs, 1);
    await pass(100_000);
    assert.equal(state.runs, 1);
  });

  it('does so at once after as many removals as are set', async (t) => {
    const { scheduler, state, pass } = scheduled(t, { deletionThreshold: 2, scheduleDelay: 7 });
    scheduler.start();
    scheduler.note('deletion');
    scheduler.note('deletion');
    await pass(7);
    assert.equal(state.runs, 1);
  });

  it('collects after many changes without a removal, and not after few', async (t) => {
    const { scheduler, state, pass } = scheduled(t, { mutationThreshold: 3, pauseThreshold: 0 });
    scheduler.start();
    for (let change = 0; change < 2; change++) scheduler.note('mutation');
    await pass(100_000);
    assert.equal(state.runs, 0);
    scheduler.note('mutation');
    await pass(1000);
    assert.equal(state.runs, 1);
  });

  it('collects when something expires, also when that was said after the start', async (t) => {
    const { scheduler, state, pass } = scheduled(t);
    scheduler.start();
    state.expiry = 5000;
    scheduler.note('mutation');
    await pass(1000);
    assert.equal(state.runs, 0);
    await pass(5000);
    assert.equal(state.runs, 1);
    state.expiry = undefined;
    await pass(5000);
    const before = state.runs;
    await pass(10_000_000);
    assert.equal(state.runs, before);
  });

  it('looks again at what expires in days', async (t) => {
    const { scheduler, state, pass } = scheduled(t);
    state.expiry = 90 * 86_400_000;
    scheduler.start();
    await pass(3_600_000);
    assert.equal(state.runs, 0);
    state.expiry = 10;
    await pass(3_600_000);
    await pass(10);
    assert.equal(state.runs, 1);
  });

  it('tells why a collection failed, and tries again after a longer pause', async (t) => {
    const { scheduler, state, pass } = scheduled(t, { startupDelay: 1 });
    state.error = new Error('full');
    scheduler.start();
    await pass(1);
    assert.deepEqual(state.failures, [state.error]);
    state.error = undefined;
    await pass(1245);
    assert.equal(state.runs, 2);
  });

  it('collects on request, and no more when it is closed', async (t) => {
    const { scheduler, state, pass } = scheduled(t, { startupDelay: 1 });
    scheduler.start();
    assert.equal(await scheduler.collect({ dryRun: true }), nothing);
    await scheduler.close();
    await assert.rejects(scheduler.collect(), UnavailableError);
    await pass(100_000);
    assert.equal(state.runs, 1);
  });
});
