/** Limits of full copies by project quota, which is remembered here and not enforced. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeQuota } from '../../../tests/support/fake-quota.js';
import { FailedPreconditionError, ResourceExhaustedError } from '../../errors/index.js';
import { type Driver, type DriverSnapshot, noContext, noLabels } from '../../snapshots/index.js';
import { openNativeDriver } from './index.js';

const BASE = 1000;

async function open(t: TestContext, quota = new FakeQuota()) {
  const root = join(mkdtempSync(join(tmpdir(), 'strata-native-quota-')), 'root');
  t.after(() => rmSync(join(root, '..'), { recursive: true, force: true }));
  const driver = await openNativeDriver({ root, projectIdBase: BASE, projectQuota: () => ({ quota }) });
  return { driver, quota, projectOf: (id: string) => quota.projects.get(join(root, 'snapshots', id)) ?? 0 };
}

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '7',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

async function makeLayer(driver: Driver): Promise<void> {
  await driver.create(snapshot({ id: '1' }), noContext);
  writeFileSync(join(driver.root, 'snapshots/1/file'), 'text');
  await driver.seal(snapshot({ id: '1' }), noContext);
}

describe('projects of full copies', () => {
  it('begin before anything is copied into them, and are limited when it is', async (t) => {
    const { driver, quota, projectOf } = await open(t);
    await makeLayer(driver);
    let held: string[] | undefined;
    quota.onAssign = (directory) => {
      held ??= readdirSync(directory);
    };
    await driver.create(snapshot({ id: '2', parentIds: ['1'], limits: { bytes: 5, inodes: 6 } }), noContext);
    await driver.create(snapshot({ id: '3', parentIds: ['1'] }), noContext);
    await driver.create(snapshot({ id: '4', kind: 'view' }), noContext);
    assert.deepEqual(held, []);
    assert.deepEqual(['1', '2', '3', '4'].map(projectOf), [BASE + 1, BASE + 2, BASE + 3, 0]);
    assert.deepEqual(quota.limits.get(BASE + 2), { bytes: 5, inodes: 6 });
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots/2')), ['file']);
  });

  it('change in use, tell what is taken, and end with the snapshot', async (t) => {
    const { driver, quota } = await open(t);
    await driver.create(snapshot({}), noContext);
    await driver.limiter?.set(snapshot({}), { bytes: 9 }, noContext);
    assert.deepEqual(quota.limits.get(BASE + 7), { bytes: 9 });
    quota.taken.set(BASE + 7, { size: 8192, inodes: 9 });
    assert.deepEqual(await driver.usage(snapshot({}), noContext), { size: 8192, inodes: 9 });
    await driver.discard(['7', 'never'], noContext);
    assert.deepEqual(quota.limits.get(BASE + 7), {});
  });

  it('leave nothing when they cannot be limited', async (t) => {
    const { driver, quota } = await open(t);
    await makeLayer(driver);
    quota.failure = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    for (const parentIds of [[], ['1']]) {
      const limited = snapshot({ id: '2', parentIds, limits: { bytes: 5 } });
      await assert.rejects(driver.create(limited, noContext), ResourceExhaustedError);
      assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
    }
    quota.failure = undefined;
    quota.taken.set(BASE + 3, { size: 4096, inodes: 1 });
    const limited = snapshot({ id: '3', parentIds: ['1'], limits: { bytes: 5 } });
    await assert.rejects(driver.create(limited, noContext), FailedPreconditionError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
  });
});
