/** Limits of blockfile snapshots: the size of their file systems. */
import assert from 'node:assert/strict';
import { readdirSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { FailedPreconditionError, StrataError } from '../../errors/index.js';
import { whyNotGrowable } from '../../linux/index.js';
import {
  type Driver,
  type DriverSnapshot,
  LocalSnapshotter,
  labelsOf,
  maxSizeLabel,
  noContext,
} from '../../snapshots/index.js';
import { imageOf, MIB, open, skip, snapshot, within } from './driver.test.rig.js';

const GIB = 2 ** 30;

describe('blockfile limits', { skip }, () => {
  const totalOf = (root: string): number => {
    const { blocks, bsize } = statfsSync(root);
    return blocks * bsize;
  };

  const sizeWithin = (driver: Driver, of: DriverSnapshot): Promise<number> => within(driver, of, totalOf);

  const about = (size: number, want: number) => assert.ok(size > want * 0.75 && size <= want, `${size} of ${want}`);

  it('are the size of the file system, from the start and over a parent', async (t) => {
    for (const [fsType, sizes] of [
      ['ext4', [64 * MIB, 128 * MIB, 96 * MIB]],
      ['xfs', [512 * MIB, GIB]],
    ] as const) {
      const driver = await open(t, { fsType });
      for (const [n, bytes] of sizes.entries()) {
        const parentIds = n === 0 ? [] : [String(n)];
        const of = snapshot({ id: String(n + 1), parentIds, limits: { bytes } });
        await driver.create(of, noContext);
        assert.equal(statSync(imageOf(driver, of.id)).size, bytes);
        about(await sizeWithin(driver, of), bytes);
        await within(driver, of, (root) => writeFileSync(join(root, `file ${n}`), 'x'));
        await driver.seal(of, noContext);
      }
      const last = snapshot({ id: String(sizes.length), parentIds: [] });
      assert.equal(await within(driver, last, (root) => readdirSync(root).length), sizes.length);
    }
  });

  it('stop whoever writes more', async (t) => {
    const driver = await open(t);
    const of = snapshot({ id: '1', limits: { bytes: 32 * MIB } });
    await driver.create(of, noContext);
    await within(driver, of, (root) => {
      assert.throws(() => writeFileSync(join(root, 'file'), Buffer.alloc(64 * MIB, 1)), { code: 'ENOSPC' });
    });
  });

  it('change later, when nothing is mounted', async (t) => {
    const driver = await open(t);
    const of = snapshot({ id: '1' });
    await driver.create(of, noContext);
    await driver.limiter?.set(of, { bytes: GIB }, noContext);
    about(await sizeWithin(driver, of), GIB);
    await driver.limiter?.set(of, {}, noContext);
    assert.equal(statSync(imageOf(driver, '1')).size, GIB);
  });

  it('leave a mounted file system as it is that is to become smaller', async (t) => {
    const driver = await open(t);
    const of = snapshot({ id: '1', limits: { bytes: 64 * MIB } });
    await driver.create(of, noContext);
    await within(driver, of, async (root) => {
      const size = totalOf(root);
      await assert.rejects(async () => driver.limiter?.set(of, { bytes: 32 * MIB }, noContext), {
        name: 'FailedPreconditionError',
        message:
          /what is mounted, from \/dev\/loop\d+, cannot be made smaller: it has 67108864 bytes, and 33554432 are/,
      });
      assert.equal(totalOf(root), size);
    });
    await driver.limiter?.set(of, { bytes: 32 * MIB }, noContext);
    about(await sizeWithin(driver, of), 32 * MIB);
  });

  it('leave an image as it is whose files would not fit into a smaller one', async (t) => {
    const driver = await open(t);
    const of = snapshot({ id: '1', limits: { bytes: 64 * MIB } });
    await driver.create(of, noContext);
    await within(driver, of, (root) => writeFileSync(join(root, 'file'), Buffer.alloc(24 * MIB, 1)));
    await assert.rejects(async () => driver.limiter?.set(of, { bytes: 16 * MIB }, noContext), {
      name: 'FailedPreconditionError',
      message: /it cannot be made smaller: resize2fs failed/,
    });
    assert.equal(statSync(imageOf(driver, '1')).size, 64 * MIB);
    await driver.limiter?.set(of, { bytes: 48 * MIB }, noContext);
    assert.equal(statSync(imageOf(driver, '1')).size, 48 * MIB);
    assert.deepEqual(await within(driver, of, (root) => readdirSync(root)), ['file']);
  });

  it('finish what a crash left half done', async (t) => {
    for (const [fsType, size] of [
      ['ext4', 64 * MIB],
      ['xfs', 320 * MIB],
    ] as const) {
      const driver = await open(t, { fsType });
      const of = snapshot({ id: '1', limits: { bytes: size } });
      await driver.create(of, noContext);
      // The file is larger by then, and the file system not yet.
      truncateSync(imageOf(driver, '1'), 2 * size);
      await driver.limiter?.set(of, { bytes: 2 * size }, noContext);
      about(await sizeWithin(driver, of), 2 * size);
    }
  });

  // Root has the capability, but for root in a container or in some virtual machines.
  if (whyNotGrowable('ext4') !== undefined)
    it('leave a mounted ext4 as it is without CAP_SYS_RESOURCE', async (t) => {
      const driver = await open(t);
      const of = snapshot({ id: '1', limits: { bytes: 64 * MIB } });
      await driver.create(of, noContext);
      await within(driver, of, async () => {
        await assert.rejects(async () => driver.limiter?.set(of, { bytes: GIB }, noContext), {
          name: 'FailedPreconditionError',
          message: /mounted, from \/dev\/loop\d+, and making a mounted ext4 larger takes CAP_SYS_RESOURCE/,
        });
      });
      assert.equal(statSync(imageOf(driver, '1')).size, 64 * MIB);
    });

  it('that cannot be kept are refused, and leave nothing', async (t) => {
    const driver = await open(t, { fsType: 'xfs' });
    await assert.rejects(driver.create(snapshot({ id: '1', limits: { bytes: MIB } }), noContext), StrataError);
    await driver.create(snapshot({ id: '2' }), noContext);
    const smaller = snapshot({ id: '3', parentIds: ['2'], limits: { bytes: 400 * MIB } });
    await assert.rejects(driver.create(smaller, noContext), FailedPreconditionError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['2']);
  });

  it('come from labels, through a snapshotter', async (t) => {
    const driver = await open(t);
    const { store, ...closing } = await temporaryStore();
    t.after(() => closing[Symbol.asyncDispose]());
    await using snapshotter = await LocalSnapshotter.open({ name: 'blockfile', store, driver });
    const labels = labelsOf({ [maxSizeLabel]: '48MiB' });
    const [mount] = await snapshotter.prepare({ key: 'k', labels });
    assert.equal(statSync(mount?.source ?? '').size, 48 * MIB);
  });
});
