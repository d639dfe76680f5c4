/** Limits of overlayfs snapshots by project quota, on both file systems that have it. */
import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { labelsOf, openStrata, type Snapshotter, temporaryMount } from '../../src/index.js';
import { mustRun } from '../support/run.js';
import { disks } from '../support/second-kernel/index.js';

const MIB = 2 ** 20;
const maxSize = 'containerd.io/snapshot/max-size';
const maxInodes = 'strata.dev/max-inodes';

/** What a write beyond a limit is refused with: ext4 names the quota, xfs takes the project for a disk that is full. */
const refusals: readonly (number | undefined)[] = [-constants.errno.EDQUOT, -constants.errno.ENOSPC];

async function refused(work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: NodeJS.ErrnoException) => refusals.includes(error.errno));
}

const write = (file: string, bytes: number) => writeFile(file, Buffer.alloc(bytes, 1), { flush: true });

async function makeBase(snapshotter: Snapshotter): Promise<void> {
  await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'make base' }));
  for (const name of ['a', 'b', 'c']) await write(path.join(mounted.path, name), MIB);
  await snapshotter.commit({ key: 'make base', name: 'base' });
}

interface Opened extends AsyncDisposable {
  readonly snapshotter: Snapshotter;
}

/** A snapshotter on a disk, with a committed layer `base` that holds the files `a`, `b` and `c` of a MiB each. */
async function openWithBase(
  type: 'ext4' | 'xfs',
  { options = 'prjquota', name = 'overlayfs' }: { options?: string; name?: 'overlayfs' | 'native' } = {},
): Promise<Opened> {
  const directory = await mkdtemp(path.join(tmpdir(), 'limits-'));
  await mustRun('mount', ['-t', type, '-o', options, disks[type], directory]);
  const root = await mkdtemp(path.join(directory, 'root-'));
  const strata = await openStrata({ root });
  const snapshotter = strata.snapshotter(name);
  await makeBase(snapshotter);
  return {
    snapshotter,
    async [Symbol.asyncDispose]() {
      await strata.close();
      await rm(root, { recursive: true });
      await mustRun('umount', [directory]);
      await rmdir(directory);
    },
  };
}

async function mountNew(snapshotter: Snapshotter, key: string, limits: Readonly<Record<string, string>>) {
  return temporaryMount(await snapshotter.prepare({ key, parent: 'base', labels: labelsOf(limits) }));
}

/** Fills a file system through one file, until it is refused. */
async function fill(file: string): Promise<number> {
  await using handle = await open(file, 'w');
  for (let written = 0; ; written += 4096) {
    try {
      await handle.write(Buffer.alloc(4096, 1));
      if (written % MIB === 0) await handle.sync();
    } catch (error) {
      if (error instanceof Error && 'errno' in error && refusals.includes(Number(error.errno))) return written;
      throw error;
    }
  }
}

for (const type of ['ext4', 'xfs'] as const) {
  describe(`limits on ${type}`, () => {
    it('stop what is written through the overlay, and harm nobody else', async () => {
      await using strata = await openWithBase(type);
      const { snapshotter } = strata;
      await using limited = await mountNew(snapshotter, 'limited', { [maxSize]: '8M' });
      await refused(() => write(path.join(limited.path, 'much'), 12 * MIB));
      await using other = await mountNew(snapshotter, 'other', {});
      await write(path.join(other.path, 'much'), 12 * MIB);

      await unlink(path.join(limited.path, 'much'));
      const written = await fill(path.join(limited.path, 'full'));
      assert.ok(written > 7 * MIB && written <= 8 * MIB, `${written}`);
      const { size } = await snapshotter.usage('limited');
      assert.ok(size > 7 * MIB && size <= 8 * MIB, `${size}`);
    });

    it('leave copying up, renaming and deleting to work at the limit', async () => {
      await using strata = await openWithBase(type);
      await using limited = await mountNew(strata.snapshotter, 'limited', { [maxSize]: '8M' });
      const file = (name: string) => path.join(limited.path, name);
      await write(file('own'), MIB / 2);
      await fill(file('full'));
      await rename(file('own'), file('moved'));
      await refused(() => writeFile(file('b'), 'changed', { flag: 'a' }));
      assert.equal((await stat(file('b'))).size, MIB);
      // Deleting what lies below makes a whiteout, for which xfs wants room.
      if (type === 'xfs') await refused(() => unlink(file('a')));
      else await unlink(file('c'));
      await unlink(file('full'));
      await unlink(file('a'));
      await writeFile(file('b'), 'changed', { flag: 'a', flush: true });
      await rename(file('b'), file('renamed'));
      assert.match((await readFile(file('renamed'))).subarray(-7).toString(), /changed/);
      await assert.rejects(stat(file('a')), { code: 'ENOENT' });
    });

    it('count files as well', async () => {
      await using strata = await openWithBase(type);
      const { snapshotter } = strata;
      await using limited = await mountNew(snapshotter, 'limited', { [maxInodes]: '40' });
      const names = Array.from({ length: 60 }, (_, index) => path.join(limited.path, `file ${index}`));
      await refused(async () => {
        for (const name of names) await writeFile(name, '');
      });
      assert.equal((await snapshotter.usage('limited')).inodes, 40);
    });

    it('can be changed while the snapshot is in use', async () => {
      await using strata = await openWithBase(type);
      const { snapshotter } = strata;
      await using mounted = await mountNew(snapshotter, 'k', {});
      const limit = (size: string) =>
        snapshotter.update({ name: 'k', labels: labelsOf({ [maxSize]: size }), fieldpaths: [`labels.${maxSize}`] });
      await write(path.join(mounted.path, 'one'), 4 * MIB);
      await limit('2M');
      await refused(() => write(path.join(mounted.path, 'two'), MIB));
      await limit('16M');
      await write(path.join(mounted.path, 'two'), 8 * MIB);
      await limit('none');
      await write(path.join(mounted.path, 'three'), 16 * MIB);
    });

    it('end with the snapshot, and with its directories when those are used again', async () => {
      await using strata = await openWithBase(type);
      const { snapshotter } = strata;
      for (let round = 0; round < 3; round += 1) {
        const labels = labelsOf({ [maxSize]: '1M' });
        for (let n = 0; n < 20; n += 1) await snapshotter.prepare({ key: `unused ${n}`, parent: 'base', labels });
        for (let n = 0; n < 20; n += 1) await snapshotter.remove(`unused ${n}`);
        await snapshotter.cleanup();
      }
      for (let n = 0; n < 40; n += 1) {
        await using mounted = await mountNew(snapshotter, `used ${n}`, {});
        // Copied up within one project, and not limited.
        await writeFile(path.join(mounted.path, 'a'), 'changed', { flag: 'a' });
        if (n === 0) await write(path.join(mounted.path, 'much'), 4 * MIB);
        await snapshotter.commit({ key: `used ${n}`, name: `layer ${n}` });
      }
    });

    it('are refused without the mount option', async () => {
      await using strata = await openWithBase(type, { options: 'defaults' });
      await assert.rejects(mountNew(strata.snapshotter, 'k', { [maxSize]: '8M' }), {
        name: 'FailedPreconditionError',
        message: new RegExp(`cannot keep a size limit: .* project quota is off on the ${type} at .*prjquota`),
      });
    });
  });

  describe(`limits of full copies on ${type}`, () => {
    // Quota does not hold for those who have CAP_SYS_RESOURCE on ext4, and nothing takes it away from a bind mount.
    const writeUnprivileged = (file: string, bytes: number) => {
      const copy = [
        'dd',
        'if=/dev/zero',
        `of=${file}`,
        'bs=64K',
        `count=${bytes / 65_536}`,
        'conv=fsync',
        'status=none',
      ];
      return mustRun('setpriv', ['--bounding-set=-sys_resource', ...copy]);
    };

    it('count what was copied, stop what is written, and harm nobody else', async () => {
      await using strata = await openWithBase(type, { name: 'native' });
      const { snapshotter } = strata;
      await using limited = await mountNew(snapshotter, 'limited', { [maxSize]: '8M' });
      await assert.rejects(
        () => writeUnprivileged(path.join(limited.path, 'much'), 12 * MIB),
        /No space|quota exceeded/,
      );
      const { size } = await snapshotter.usage('limited');
      const most = type === 'xfs' ? 5 * MIB : 8 * MIB;
      assert.ok(size > most - 2 * MIB && size <= most, `${size}`);
      await using other = await mountNew(snapshotter, 'other', {});
      await writeUnprivileged(path.join(other.path, 'much'), 12 * MIB);
    });
  });
}
