/** Thin pools of their own for the tests, on files in the folder for temporary files. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import {
  attachLoop,
  type DeviceMapper,
  type DeviceTable,
  deviceMapper,
  deviceMapperMissing,
  hasLoopDevices,
  mappedDevicePath,
} from '../../linux/index.js';

const MIB = 2 ** 20;
const SECTOR = 512;
const metadataBytes = 8 * MIB;
/** The smallest that a thin pool takes: 64 KiB. */
const blockSectors = 128;

/** Why there are no thin pools here; false when there are. */
export function noPools(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!hasLoopDevices()) return 'this kernel has no loop devices';
  return deviceMapperMissing() ?? false;
}

/** A thin pool that goes with a test, and the disk below it. */
export interface TestPool {
  readonly name: string;
  readonly mapper: DeviceMapper;
  /** A folder that goes with it. */
  readonly directory: string;
  /** Lets every request to the pool's disk fail from now on. */
  breakDisk(): Promise<void>;
  /** Lets them succeed again. */
  mendDisk(): Promise<void>;
}

/** Makes a pool; it and all devices on it are removed after the test. */
export async function testPool(t: TestContext, megabytes = 512): Promise<TestPool> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-pool-'));
  const name = `strata-test-${randomBytes(4).toString('hex')}`;
  const mapper = deviceMapper;
  const metadata = attachLoop(sparseFile(path.join(directory, 'metadata'), metadataBytes));
  const disk = attachLoop(sparseFile(path.join(directory, 'data'), megabytes * MIB));
  t.after(async () => {
    await removeAll(mapper, name);
    for (const device of [metadata, disk]) device.detach();
    rmSync(directory, { recursive: true, force: true });
  });
  const sectors = (megabytes * MIB) / SECTOR;
  const below = `${name}-disk`;
  const healthy: DeviceTable = { sectors, type: 'linear', parameters: `${disk.path} 0` };
  await mapper.create(below, healthy);
  const places = `${metadata.path} ${mappedDevicePath(below)}`;
  const parameters = `${places} ${blockSectors} 0 1 skip_block_zeroing`;
  await mapper.create(name, { sectors, type: 'thin-pool', parameters });
  const replace = (table: DeviceTable) => mapper.replace(below, table);
  return {
    name,
    mapper,
    directory,
    breakDisk: () => replace({ sectors, type: 'error', parameters: '' }),
    mendDisk: () => replace(healthy),
  };
}

function sparseFile(file: string, bytes: number): string {
  writeFileSync(file, '');
  truncateSync(file, bytes);
  return file;
}

/** The devices on the pool first, then the pool, then its disk. */
async function removeAll(mapper: DeviceMapper, pool: string): Promise<void> {
  const names = (await mapper.list()).filter((name) => name.startsWith(pool));
  const rank = (name: string) => [pool, `${pool}-disk`].indexOf(name);
  for (const name of names.sort((a, b) => rank(a) - rank(b))) {
    await mapper.resume(name);
    await mapper.remove(name);
  }
}
