/** What the tests of this back end share. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext } from 'node:test';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  type Driver,
  type DriverSnapshot,
  LocalSnapshotter,
  noContext,
  noLabels,
  SnapshotService,
} from '../../snapshots/index.js';
import { openBtrfsDriver } from './index.js';

/** Bytes. */
export const MIB = 2 ** 20;
/** Why no driver can be tested here. */
export const skip = whyNoLoopFileSystem('btrfs');

/** A file system for all tests of this file. */
export let fileSystem: LoopFileSystem;

before(async () => {
  if (skip === false)
    fileSystem = await loopFileSystem({ type: 'btrfs', size: 1024 * MIB, mountOptions: ['commit=1'] });
});

after(async () => {
  if (skip === false) await fileSystem[Symbol.asyncDispose]();
});

/** A driver on that file system, whose subvolumes go with the test. */
export async function open(
  t: TestContext,
  root = join(mkdtempSync(join(fileSystem.path, 'test-')), 'root'),
): Promise<Driver> {
  const driver = await openBtrfsDriver({ root });
  t.after(async () => {
    const names: string[] = [];
    for await (const name of driver.ids()) names.push(name);
    await driver.discard(names, noContext);
    await driver.close();
  });
  return driver;
}

/** A driver and a snapshotter over it. */
export async function openSnapshotter(t: TestContext) {
  const driver = await open(t);
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const snapshotter = await LocalSnapshotter.open({ name: 'btrfs', store, driver, syncRemove: true });
  return { driver, snapshotter: new SnapshotService(snapshotter) };
}

/** A snapshot, active and without parents unless it is said. */
export const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

/** The subvolume of an active snapshot. */
export const pathOf = (driver: Driver, id: string): string => join(driver.root, 'active', id);
/** The subvolume of a layer. */
export const layerOf = (driver: Driver, id: string): string => join(driver.root, 'snapshots', id);

/** Everything that a driver finds. */
export async function onDisk(driver: Driver): Promise<string[]> {
  const names: string[] = [];
  for await (const name of driver.ids()) names.push(name);
  return names;
}

/** What btrfs(8) says that there is. */
export const subvolumes = (): string =>
  execFileSync('btrfs', ['subvolume', 'list', fileSystem.path], { encoding: 'utf8' });
