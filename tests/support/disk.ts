/** Disks that a test may fill and break. */
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loopFileSystem } from './loop-file-system.js';
import { mustRun, run } from './run.js';
import type { Scenario } from './scenario.js';

/** A file system of its own, with room for a daemon. */
export interface Disk {
  /** Where it is mounted. */
  readonly path: string;
  /** The device that it lies on; undefined for one in memory. */
  readonly device: string | undefined;
}

/** The kinds of disks. */
export type DiskType = 'ext4' | 'xfs' | 'btrfs' | 'tmpfs';

const MIB = 2 ** 20;
const sizes: Readonly<Record<DiskType, number>> = { ext4: 96 * MIB, xfs: 320 * MIB, btrfs: 512 * MIB, tmpfs: 48 * MIB };

/** Makes a disk that goes with the scenario. */
export async function makeDisk(
  scenario: Scenario,
  type: DiskType,
  mountOptions: readonly string[] = [],
): Promise<Disk> {
  if (type === 'tmpfs') return inMemory(scenario);
  const disk = await loopFileSystem({ type, size: sizes[type], mountOptions });
  // Lazily, since a disk that was broken on purpose may not be unmounted in good order.
  scenario.defer(async () => {
    await run('umount', ['--lazy', disk.path]);
    await disk[Symbol.asyncDispose]();
  });
  return { path: disk.path, device: disk.device };
}

async function inMemory(scenario: Scenario): Promise<Disk> {
  const mountPoint = path.join(await scenario.directory(), 'disk');
  await mkdir(mountPoint);
  await mustRun('mount', ['-t', 'tmpfs', '-o', `size=${sizes.tmpfs}`, 'tmpfs', mountPoint]);
  return { path: mountPoint, device: undefined };
}

/** Takes all room of a disk. @returns what gives it back. */
export async function fill(disk: Disk): Promise<() => Promise<void>> {
  const ballast = path.join(disk.path, 'ballast');
  await writeFile(ballast, '');
  const { bsize, bavail } = await statfs(disk.path);
  let offset = 0;
  for (let chunk = bavail * bsize; chunk >= bsize; chunk = Math.floor(chunk / 2 / bsize) * bsize) {
    while ((await run('fallocate', ['--offset', `${offset}`, '--length', `${chunk}`, ballast])).status === 0)
      offset += chunk;
  }
  return () => rm(ballast);
}
