/** What the tests of this back end share. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { newRoot } from '../../../tests/support/erofs-root.js';
import { temporaryMount } from '../../linux/index.js';
import { type Driver, type DriverSnapshot, noContext, noLabels } from '../../snapshots/index.js';
import { type ErofsOptions, openErofsDriver } from './index.js';

/** Bytes. */
export const MIB = 2 ** 20;

/** What a driver is opened with. */
export type Options = Omit<ErofsOptions, 'root'>;

/** A driver whose mounts and files go with the test. */
export async function open(t: TestContext, options: Options = {}, root = newRoot(t)): Promise<Driver> {
  const driver = await openErofsDriver({ root, onBackgroundError: (error) => assert.fail(String(error)), ...options });
  t.after(() => driver.close());
  return driver;
}

/** A snapshot, active and without parents unless it is said. */
export const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

/** Makes a layer with a file, by its mounts, and gives what it takes. */
export async function layer(driver: Driver, of: Partial<DriverSnapshot> & { readonly id: string }) {
  await driver.create(snapshot(of), noContext);
  {
    await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
    writeFileSync(join(mounted.path, `file-${of.id}`), of.id);
  }
  const usage = await driver.seal(snapshot(of), noContext);
  await driver.committed?.([of.id], noContext);
  return usage;
}

/** The names in a snapshot, by its mounts. */
export async function look(driver: Driver, of: Partial<DriverSnapshot>): Promise<string[]> {
  await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
  return readdirSync(mounted.path).sort();
}

/** The names in the directory of a snapshot. */
export const inSnapshot = ({ root }: Driver, id: string): string[] => readdirSync(join(root, 'snapshots', id)).sort();
