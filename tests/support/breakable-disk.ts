/** Disks that can be made to fail, for the tests: files behind a loop device and the device mapper. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import {
  attachLoop,
  type DeviceTable,
  deviceMapper,
  deviceMapperMissing,
  hasLoopDevices,
  mappedDevicePath,
} from '../../src/linux/index.js';

const MIB = 2 ** 20;
const SECTOR = 512;

/** Why there are no such disks here; false when there are. */
export function noBreakableDisks(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!hasLoopDevices()) return 'this kernel has no loop devices';
  return deviceMapperMissing() ?? false;
}

/** A block device. */
export interface BreakableDisk {
  readonly path: string;
  /** In sectors of 512 bytes. */
  readonly sectors: number;
  /** Lets every request fail from now on, with EIO. */
  break(): Promise<void>;
  /** Lets them succeed again. */
  repair(): Promise<void>;
}

/**
 * Makes an empty disk, which takes only the room that is written. It is repaired and removed after the test, when those
 * that were made over it must be gone: register their removal before.
 */
export function breakableDisk(t: TestContext, megabytes: number): Promise<BreakableDisk> {
  const undo: (() => Promise<void> | void)[] = [];
  t.after(async () => {
    for (const step of undo.reverse()) await step();
  });
  return makeDisk(undo, megabytes);
}

async function makeDisk(undo: (() => Promise<void> | void)[], megabytes: number): Promise<BreakableDisk> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-disk-'));
  undo.push(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'disk');
  writeFileSync(file, '');
  truncateSync(file, megabytes * MIB);
  const loop = attachLoop(file);
  undo.push(() => loop.detach());
  const name = `strata-test-${randomBytes(4).toString('hex')}-disk`;
  const sectors = (megabytes * MIB) / SECTOR;
  const healthy: DeviceTable = { sectors, type: 'linear', parameters: `${loop.path} 0` };
  await deviceMapper.create(name, healthy);
  const repair = () => deviceMapper.replace(name, healthy);
  undo.push(async () => {
    await repair();
    await deviceMapper.remove(name);
  });
  const broken: DeviceTable = { sectors, type: 'error', parameters: '' };
  return { path: mappedDevicePath(name), sectors, break: () => deviceMapper.replace(name, broken), repair };
}
