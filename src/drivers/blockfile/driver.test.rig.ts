/** Blockfile drivers for the tests. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { findProgram, temporaryMount } from '../../linux/index.js';
import { type Driver, type DriverSnapshot, noLabels } from '../../snapshots/index.js';
import { type BlockfileOptions, openBlockfileDriver } from './index.js';

/** Bytes. */
export const MIB = 2 ** 20;
/** Why no driver can be tested here. */
export const skip = whyNoLoopFileSystem('ext4', 'xfs') || (findProgram('debugfs') === undefined && 'needs debugfs');

/** What a driver is opened with; `place` is where its root goes. */
export type Options = Omit<BlockfileOptions, 'root'> & { readonly place?: string };

/** A driver whose files go with the test. */
export async function open(t: TestContext, { place = tmpdir(), ...options }: Options = {}): Promise<Driver> {
  const base = await mkdtemp(join(place, 'strata-blockfile-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  return openBlockfileDriver({ root: join(base, 'root'), defaultSize: 512 * MIB, ...options });
}

/** A snapshot, active and without parents unless it is said. */
export const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

/** The image of a snapshot. */
export const imageOf = (driver: Driver, id: string): string => join(driver.root, 'snapshots', id);

/** Lets `work` at the files of a snapshot. */
export async function within<T>(
  driver: Driver,
  of: DriverSnapshot,
  work: (root: string) => T | Promise<T>,
): Promise<T> {
  await using mounted = await temporaryMount(driver.mounts(of));
  return await work(mounted.path);
}
