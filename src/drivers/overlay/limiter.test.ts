import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeQuota } from '../../../tests/support/fake-quota.js';
import { FailedPreconditionError, NotFoundError, ResourceExhaustedError } from '../../errors/index.js';
import { type Driver, type DriverSnapshot, noContext, noLabels } from '../../snapshots/index.js';
import { openOverlayDriver } from './index.js';

const BASE = 1000;

async function open(t: TestContext): Promise<{ driver: Driver; quota: FakeQuota; of: (name: string) => number[] }> {
  const place = mkdtempSync(join(tmpdir(), 'strata-quota-'));
  const root = join(place, 'root');
  const quota = new FakeQuota();
  const facts = { projectQuota: () => ({ quota }), mountsWithMappedIds: async () => true };
  const driver = await openOverlayDriver({ root, facts, projectIdBase: BASE, readyDirectories: 0 });
  t.after(async () => {
    await driver.close();
    rmSync(place, { recursive: true, force: true });
  });
  const of = (id: string) => ['fs', 'work'].map((name) => quota.projects.get(join(root, 'snapshots', id, name)) ?? 0);
  return { driver, quota, of };
}

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '7',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

describe('projects of overlay snapshots', () => {
  it('hold both directories of each active snapshot, limited or not, and of no view', async (t) => {
    const { driver, quota, of } = await open(t);
    await driver.create(snapshot({ id: '1', limits: { bytes: 5, inodes: 6 } }), noContext);
    await driver.create(snapshot({ id: '2' }), noContext);
    await driver.create(snapshot({ id: '3', kind: 'view' }), noContext);
    assert.deepEqual(['1', '2', '3'].map(of), [
      [BASE + 1, BASE + 1],
      [BASE + 2, BASE + 2],
      [0, 0],
    ]);
    assert.deepEqual([...quota.limits], [[BASE + 1, { bytes: 5, inodes: 6 }]]);
  });

  it('tell what an active snapshot takes', async (t) => {
    const { driver, quota } = await open(t);
    await driver.create(snapshot({}), noContext);
    quota.taken.set(BASE + 7, { size: 8192, inodes: 9 });
    assert.deepEqual(await driver.usage(snapshot({}), noContext), { size: 8192, inodes: 9 });
    assert.equal((await driver.seal(snapshot({}), noContext)).inodes, 1);
  });

  it('lose their limits when the snapshot is deleted', async (t) => {
    const { driver, quota } = await open(t);
    await driver.create(snapshot({ limits: { bytes: 5 } }), noContext);
    await driver.discard(['7', 'stray', 'never'], noContext);
    await driver.discard(['7'], noContext);
    assert.deepEqual(quota.limits.get(BASE + 7), {});
  });

  it('are left alone when somebody else has files in them', async (t) => {
    const { driver, quota, of } = await open(t);
    quota.taken.set(BASE + 7, { size: 4096, inodes: 1 });
    await assert.rejects(driver.create(snapshot({ limits: { bytes: 5 } }), noContext), FailedPreconditionError);
    await driver.create(snapshot({}), noContext);
    assert.deepEqual(of('7'), [0, 0]);
    assert.equal((await driver.usage(snapshot({}), noContext)).inodes, 1);
    await driver.limiter?.set(snapshot({}), {}, noContext);
    await assert.rejects(async () => driver.limiter?.set(snapshot({}), { bytes: 5 }, noContext), {
      name: 'FailedPreconditionError',
      message: /snapshot 7 has no quota/,
    });
    assert.equal(quota.limits.size, 0);
  });

  it('change while the snapshot is in use, and not when it is gone', async (t) => {
    const { driver, quota } = await open(t);
    await driver.create(snapshot({}), noContext);
    await driver.limiter?.set(snapshot({}), { inodes: 3 }, noContext);
    assert.deepEqual(quota.limits.get(BASE + 7), { inodes: 3 });
    await assert.rejects(
      async () => driver.limiter?.set(snapshot({ id: '8' }), { bytes: 5 }, noContext),
      NotFoundError,
    );
  });

  it('leave nothing of a snapshot that could not be limited', async (t) => {
    const { driver, quota } = await open(t);
    quota.failure = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const limited = snapshot({ limits: { bytes: 5 } });
    await assert.rejects(driver.create(limited, noContext), ResourceExhaustedError);
    const names: string[] = [];
    quota.failure = undefined;
    for await (const name of driver.ids()) names.push(name);
    assert.deepEqual(names, []);
  });
});
