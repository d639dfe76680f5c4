/** Limits of thin devices. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { readdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { FailedPreconditionError, StrataError } from '../../errors/index.js';
import { deviceMapper, temporaryMount } from '../../linux/index.js';
import { type LocalSnapshotter, labelsOf, type Mount, maxInodesLabel, maxSizeLabel } from '../../snapshots/index.js';
import { newPlace, openAt, openRig } from './driver.test.rig.js';

const MIB = 2 ** 20;

/** Mebibytes, the smallest that there can be. */
const sizes = { ext4: [16, 32, 64], ext2: [16, 32, 64], xfs: [304, 400, 500] } as const;

const limited = (mebibytes: number) => labelsOf({ [maxSizeLabel]: `${mebibytes}M` });

async function within<T>(mounts: readonly Mount[], work: (root: string) => T | Promise<T>): Promise<T> {
  await using mounted = await temporaryMount(mounts);
  return await work(mounted.path);
}

function totalOf(root: string): number {
  const { blocks, bsize } = statfsSync(root);
  return (blocks * bsize) / MIB;
}

const about = (size: number, want: number) => assert.ok(size > want * 0.7 && size <= want, `${size} of ${want}`);

const fill = (file: string, mebibytes: number) =>
  writeFileSync(file, Buffer.alloc(mebibytes * MIB, 2), { flush: true });

function limit(snapshotter: LocalSnapshotter, name: string, mebibytes: number) {
  return snapshotter.update({ name, labels: limited(mebibytes), fieldpaths: [`labels.${maxSizeLabel}`] });
}

async function makeBase(snapshotter: LocalSnapshotter, mebibytes?: number): Promise<void> {
  const labels = mebibytes === undefined ? labelsOf({}) : limited(mebibytes);
  await within(await snapshotter.prepare({ key: 'make base', labels }), (root) => {
    writeFileSync(path.join(root, 'below'), 'below');
  });
  await snapshotter.commit({ key: 'make base', name: 'base' });
}

describe('limits of thin devices', { skip: noBreakableDisks() }, () => {
  for (const [fileSystem, [small, middle, large]] of [
    ['ext4', sizes.ext4],
    ['ext2', sizes.ext2],
    ['xfs', sizes.xfs],
  ] as const) {
    it(`are the size of the ${fileSystem} on them, from the start and over a parent`, async (t) => {
      const { snapshotter } = await openRig(t, { fileSystem, baseImageSize: middle * MIB });
      for (const size of [small, large]) {
        const mounts = await snapshotter.prepare({ key: `${size}`, labels: limited(size) });
        await within(mounts, (root) => {
          about(totalOf(root), size);
          assert.deepEqual(readdirSync(root), []);
        });
      }
      await makeBase(snapshotter);
      const mounts = await snapshotter.prepare({ key: 'over', parent: 'base', labels: limited(large) });
      await within(mounts, (root) => {
        about(totalOf(root), large);
        assert.deepEqual(readdirSync(root), ['below']);
      });
      about(await within(await snapshotter.prepare({ key: 'same', parent: 'base' }), totalOf), middle);
    });
  }

  it('that are smaller than the parent are refused, and leave nothing', async (t) => {
    const place = await newPlace(t);
    await using opened = await openAt(place);
    await makeBase(opened.snapshotter);
    await opened.snapshotter.cleanup();
    await assert.rejects(opened.snapshotter.prepare({ key: 'k', parent: 'base', labels: limited(32) }), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /smaller than its parent, whose device has 50331648 bytes, and 33554432 are wanted/);
      return true;
    });
    await assert.rejects(
      opened.snapshotter.prepare({ key: 'k', labels: labelsOf({ [maxSizeLabel]: '4K' }) }),
      StrataError,
    );
    const devices = (await deviceMapper.list()).filter((name) => name.startsWith(`${place.poolName}-snap-`));
    assert.deepEqual(devices, []);
  });

  it('stop what is written, and harm nobody else', async (t) => {
    const { snapshotter } = await openRig(t);
    const small = await snapshotter.prepare({ key: 'small', labels: limited(16) });
    const other = await snapshotter.prepare({ key: 'other', labels: limited(64) });
    await within(small, (root) => {
      assert.throws(() => fill(path.join(root, 'file'), 20), { code: 'ENOSPC' });
      fill(path.join(root, 'file'), 4);
    });
    await within(other, (root) => fill(path.join(root, 'file'), 20));
  });

  for (const [fileSystem, [small, middle, large]] of [
    ['ext4', sizes.ext4],
    ['xfs', sizes.xfs],
  ] as const) {
    it(`grow a mounted ${fileSystem}, and outlive a restart of the machine`, async (t) => {
      const place = await newPlace(t);
      {
        await using opened = await openAt(place, { fileSystem, baseImageSize: small * MIB });
        const { snapshotter } = opened;
        await makeBase(snapshotter);
        await within(await snapshotter.prepare({ key: 'k', parent: 'base' }), async (root) => {
          if (fileSystem === 'ext4') assert.throws(() => fill(path.join(root, 'file'), 20), { code: 'ENOSPC' });
          await limit(snapshotter, 'k', middle);
          about(totalOf(root), middle);
          await limit(snapshotter, 'k', large);
          about(totalOf(root), large);
          fill(path.join(root, 'file'), 20);
          if (fileSystem === 'ext4') assert.throws(() => fill(path.join(root, 'more'), 60), { code: 'ENOSPC' });
          await assert.rejects(limit(snapshotter, 'k', middle), {
            name: 'FailedPreconditionError',
            message: /what is mounted, from \/dev\/mapper\/.*, cannot be made smaller/,
          });
          about(totalOf(root), large);
        });
      }
      for (const name of await deviceMapper.list()) {
        if (name.startsWith(`${place.poolName}-snap-`)) await deviceMapper.remove(name);
      }
      await using opened = await openAt(place, { fileSystem, baseImageSize: small * MIB });
      await within(await opened.snapshotter.mounts('k'), (root) => {
        about(totalOf(root), large);
        assert.deepEqual(
          readdirSync(root)
            .filter((name) => name !== 'more')
            .sort(),
          ['below', 'file'],
        );
      });
      assert.deepEqual(opened.reported, []);
    });
  }

  it('become smaller once an ext4 is unmounted, and never where what is in it would not fit', async (t) => {
    const { snapshotter } = await openRig(t);
    const mounts = await snapshotter.prepare({ key: 'k', labels: limited(64) });
    await within(mounts, (root) => fill(path.join(root, 'file'), 24));
    await assert.rejects(limit(snapshotter, 'k', 16), {
      name: 'FailedPreconditionError',
      message: /it cannot be made smaller: resize2fs failed/,
    });
    about(await within(mounts, totalOf), 64);
    await limit(snapshotter, 'k', 48);
    await within(mounts, (root) => {
      about(totalOf(root), 48);
      assert.deepEqual(readdirSync(root), ['file']);
    });
    const { size } = await snapshotter.usage('k');
    assert.ok(size >= 24 * MIB && size < 48 * MIB, `${size}`);
  });

  it('count no files', async (t) => {
    const { snapshotter } = await openRig(t);
    await assert.rejects(snapshotter.prepare({ key: 'k', labels: labelsOf({ [maxInodesLabel]: '10' }) }), {
      name: 'FailedPreconditionError',
      message: /cannot keep an inode limit: a thin device limits only the size/,
    });
  });
});
