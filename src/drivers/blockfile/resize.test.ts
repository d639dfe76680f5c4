/** Blockfile snapshots that become larger while they are mounted. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { whyNotGrowable } from '../../linux/index.js';
import { noContext } from '../../snapshots/index.js';
import { imageOf, MIB, open, skip, snapshot, within } from './driver.test.rig.js';

/** Mebibytes, before and after: the smallest that there can be. */
const sizes = [
  ['ext4', 16, 48],
  ['xfs', 304, 400],
] as const;

const totalOf = (root: string): number => {
  const { blocks, bsize } = statfsSync(root);
  return (blocks * bsize) / MIB;
};

const about = (size: number, want: number) => assert.ok(size > want * 0.7 && size <= want, `${size} of ${want}`);

const write = (file: string, mebibytes: number) =>
  writeFileSync(file, Buffer.alloc(mebibytes * MIB, 2), { flush: true });

describe('a mounted blockfile snapshot', { skip }, () => {
  for (const [fsType, before, after] of sizes) {
    const without = { skip: whyNotGrowable(fsType) ?? false };

    it(`with ${fsType} grows in use`, without, async (t) => {
      const driver = await open(t, { fsType });
      const of = snapshot({ id: '1', limits: { bytes: before * MIB } });
      await driver.create(of, noContext);
      await within(driver, of, async (root) => {
        write(join(root, 'before'), 4);
        if (fsType === 'ext4') assert.throws(() => write(join(root, 'file'), 24), { code: 'ENOSPC' });
        for (let twice = 0; twice < 2; twice += 1) {
          await driver.limiter?.set(of, { bytes: after * MIB }, noContext);
          about(totalOf(root), after);
        }
        write(join(root, 'file'), 24);
        if (fsType === 'ext4') assert.throws(() => write(join(root, 'more'), 24), { code: 'ENOSPC' });
      });
      assert.equal(statSync(imageOf(driver, '1')).size, after * MIB);
      await within(driver, of, (root) => {
        about(totalOf(root), after);
        assert.deepEqual(readFileSync(join(root, 'before')), Buffer.alloc(4 * MIB, 2));
      });
      assert.deepEqual(readdirSync(join(driver.root, 'mounts')), []);
    });

    it(`with ${fsType} gets what a crash kept from it`, without, async (t) => {
      const driver = await open(t, { fsType });
      const of = snapshot({ id: '1', limits: { bytes: before * MIB } });
      await driver.create(of, noContext);
      await within(driver, of, async (root) => {
        // The file is larger by then, and the file system not yet.
        truncateSync(imageOf(driver, '1'), after * MIB);
        await driver.limiter?.set(of, { bytes: after * MIB }, noContext);
        about(totalOf(root), after);
      });
    });
  }
});
