import assert from 'node:assert/strict';
import { readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mountsBelow, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { temporaryMount, whyNotGrowable } from '../../linux/index.js';
import { noContext } from '../../snapshots/index.js';
import { inSnapshot, layer, look, MIB, open, snapshot } from './driver.test.rig.js';

describe('erofs block images', { skip: whyNoErofs() }, () => {
  const options = { defaultSize: 32 * MIB };

  it('have the size that a limit says, and no more room', async (t) => {
    const driver = await open(t, options);
    await driver.create(snapshot({ id: '1', limits: { bytes: 64 * MIB } }), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot({ id: '1' })));
    const { blocks, bsize } = statfsSync(mounted.path);
    assert.ok(blocks * bsize > 40 * MIB && blocks * bsize < 64 * MIB);
    assert.throws(() => writeFileSync(join(mounted.path, 'large'), Buffer.alloc(64 * MIB, 1)), { code: 'ENOSPC' });
  });

  it('become larger while they are in use, and not smaller', { skip: whyNotGrowable('ext4') ?? false }, async (t) => {
    const driver = await open(t, options);
    await layer(driver, { id: '1' });
    const of = snapshot({ id: '2', parentIds: ['1'] });
    const limit = async (bytes?: number) => driver.limiter?.set(of, bytes === undefined ? {} : { bytes }, noContext);
    await driver.create(of, noContext);
    await limit(32 * MIB);
    {
      await using mounted = await temporaryMount(driver.mounts(of));
      const write = (mebibytes: number) => writeFileSync(join(mounted.path, 'large'), Buffer.alloc(mebibytes * MIB, 1));
      assert.throws(() => write(64), { code: 'ENOSPC' });
      for (let twice = 0; twice < 2; twice += 1) await limit(128 * MIB);
      write(96);
      assert.throws(() => write(128), { code: 'ENOSPC' });
      await assert.rejects(limit(64 * MIB), {
        name: 'FailedPreconditionError',
        message: /an image of 134217728 bytes, which can become larger, and not 67108864/,
      });
      await limit();
      assert.deepEqual(readdirSync(mounted.path).sort(), ['file-1', 'large']);
    }
    assert.equal(statSync(join(driver.root, 'snapshots/2/rwlayer.img')).size, 128 * MIB);
  });

  it('become layers, and are gone then', async (t) => {
    const driver = await open(t, options);
    await layer(driver, { id: '1' });
    await layer(driver, { id: '2', parentIds: ['1'] });
    assert.deepEqual(inSnapshot(driver, '2'), ['layer.erofs']);
    const view = { id: '3', kind: 'view', parentIds: ['2', '1'] } as const;
    await driver.create(snapshot(view), noContext);
    assert.deepEqual(await look(driver, view), ['file-1', 'file-2']);
  });

  it('leave nothing when they cannot be made', async (t) => {
    const driver = await open(t, options);
    await assert.rejects(driver.create(snapshot({ id: '1', limits: { bytes: 1024 } }), noContext), /mkfs\.ext4 failed/);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
    assert.deepEqual(mountsBelow(driver.root), []);
  });
});
