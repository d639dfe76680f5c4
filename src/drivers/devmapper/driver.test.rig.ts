/** A snapshotter over a thin pool of its own, for the tests. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { OverDriver } from '../../../tests/support/over-driver.js';
import { openStoreAt } from '../../../tests/support/store.js';
import { noFaults } from '../../base/index.js';

import { LocalSnapshotter } from '../../snapshots/index.js';
import { testPool } from './driver.test.pool.js';
import { DeviceRecords, type DevmapperOptions, openDevmapperDriver, type RecordedDevice } from './index.js';

const MIB = 2 ** 20;

/** Where a snapshotter has what is its own; survives a restart of it. */
export interface Place {
  readonly directory: string;
  readonly poolName: string;
}

/** A snapshotter that is open. */
export interface Opened extends OverDriver, AsyncDisposable {
  /** What was reported in the background. */
  readonly reported: unknown[];
}

/** Further options of the driver. */
export type RigOptions = Partial<
  Pick<DevmapperOptions, 'fileSystem' | 'baseImageSize' | 'discardBlocks' | 'faults' | 'fileList'>
>;

/** Opens a snapshotter at a place. */
export async function openAt({ directory, poolName }: Place, options: RigOptions = {}): Promise<Opened> {
  const { faults = noFaults } = options;
  const store = await openStoreAt(path.join(directory, 'store'), { faults });
  const reported: unknown[] = [];
  try {
    const driver = await openDevmapperDriver({
      root: path.join(directory, 'root'),
      store,
      poolName,
      baseImageSize: 48 * MIB,
      onBackgroundError: (error) => void reported.push(error),
      ...options,
    });
    const snapshotter = await LocalSnapshotter.open({ name: 'devmapper', store, driver, syncRemove: true, faults });
    const close = async () => {
      await snapshotter.close();
      await store.close();
    };
    return { name: 'devmapper', store, driver, snapshotter, reported, [Symbol.asyncDispose]: close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Everything that is recorded of the devices of a pool. */
export function recordedDevices({ store }: Opened, { poolName }: Place): readonly RecordedDevice[] {
  return store.read((tx) => new DeviceRecords(poolName).all(tx));
}

/** A pool and a folder that go with the test. */
export async function newPlace(t: TestContext) {
  const { name, disk } = await testPool(t);
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-devmapper-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, poolName: name, disk };
}

/** A snapshotter that is closed after the test, with its pool. */
export async function openRig(t: TestContext, options: RigOptions = {}): Promise<Opened> {
  const place = await newPlace(t);
  const opened = await openAt(place, options);
  t.after(() => opened[Symbol.asyncDispose]());
  return opened;
}
