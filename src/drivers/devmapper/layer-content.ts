import { type FaultPoints, noFaults } from '../../base/index.js';
import { type TemporaryMount, temporaryMount } from '../../linux/index.js';
import { fileListPath } from '../kit/file-lists.js';
import type { DeviceFileSystem, DeviceRecord } from './device-records.js';
import type { ThinPool } from './thin-pool.js';

/** What it takes to read what is on devices. */
export interface ReadingParts {
  readonly pool: ThinPool;
  /** The directory of the driver; what is read is mounted in it for the moment. */
  readonly root: string;
  readonly faults?: FaultPoints;
}

/** Which device is read. */
export interface ReadDevice {
  readonly id: string;
  readonly record: DeviceRecord;
  readonly signal?: AbortSignal | undefined;
}

/** The content of a layer, and the list of it, for as long as it is read. */
export interface OpenedLayer extends AsyncDisposable {
  /** Where it is mounted. */
  readonly tree: string;
  /** Where the file list of it lies, if it has one. */
  readonly fileList: string;
}

/** A journal that is not replayed, since that would write to the layer; for xfs also that others have the same UUID. */
const UNTOUCHED: Readonly<Record<DeviceFileSystem, readonly string[]>> = {
  ext2: [],
  ext4: ['noload'],
  xfs: ['norecovery', 'nouuid'],
};

/**
 * Mounts the device of a layer, read-only, through a second device of the same number. So the layer can be read as it is in the
 * pool, whether it is mounted elsewhere or deactivated, and is not activated for anybody else. Disposing removes the mount and
 * the second device.
 * @throws as `mountAll`, or a system error; then nothing is left.
 */
export async function openLayer(
  { pool, root, faults = noFaults }: ReadingParts,
  { id, record, signal }: ReadDevice,
): Promise<OpenedLayer> {
  const { fileSystem: type } = record;
  // One that a process left that was killed.
  await pool.deactivateReading(id);
  await pool.activateReading(id, record);
  try {
    const options = ['ro', ...UNTOUCHED[type]];
    const spec = { type, source: pool.readingPath(id), target: '', options };
    const mounted = await temporaryMount([spec], { directory: root, signal });
    faults.reach('devmapper.reading');
    return {
      tree: mounted.path,
      fileList: fileListPath(root, id),
      [Symbol.asyncDispose]: () => close(mounted, () => pool.deactivateReading(id)),
    };
  } catch (error) {
    await pool.deactivateReading(id);
    throw error;
  }
}

async function close(mounted: TemporaryMount, deactivate: () => Promise<void>): Promise<void> {
  try {
    await mounted[Symbol.asyncDispose]();
  } finally {
    await deactivate();
  }
}
