import { messageOf } from '../../errors/index.js';
import type { CheckedFiles, DescribedFiles, FilesDescription, FilesFound } from '../../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../../store/index.js';
import { type DeviceRecord, deviceNumbersTable, devicesTable, fileSystems } from './tables.js';
import type { ThinPool } from './thin-pool.js';

/** What is told of a device: what of its record stays the same as long as there is a layer on it. */
interface Description extends Pick<DeviceRecord, 'deviceId' | 'fileSystem' | 'size' | 'shared'> {
  readonly pool: string;
}

/**
 * So far what a device takes may be from what it took when it was committed: what was still mounted then has been written
 * to once more, when it was unmounted.
 */
const TOLERATED_PART = 0.05;
const TOLERATED = 2 ** 20;

/**
 * What the list of layers says of the devices of a pool. A device tells nobody whose it is; that it is the one of a layer is
 * known by its number, which no other was given, and it has to take what it took when the layer was committed.
 */
export class DeviceDescriptions implements DescribedFiles {
  readonly #pool: ThinPool;

  constructor(pool: ThinPool) {
    this.#pool = pool;
  }

  describe(tx: ReadTransaction, id: string): FilesDescription | undefined {
    const pool = this.#pool.name;
    const record = tx.get(devicesTable, [pool, Number(id)]);
    if (record === undefined) return undefined;
    const { deviceId, fileSystem, size, shared } = record;
    return { pool, deviceId, fileSystem, size, shared } satisfies Description;
  }

  identify(description: FilesDescription): string | undefined {
    const { pool, deviceId } = parse(description) ?? {};
    return deviceId === undefined ? undefined : `${pool} ${deviceId}`;
  }

  async find({ id, usage }: CheckedFiles, description: FilesDescription): Promise<FilesFound> {
    const device = parse(description);
    if (device === undefined) return wrong('what is told of its device is not what Strata writes');
    const { pool, deviceId, shared } = device;
    const { name } = this.#pool;
    if (pool !== name) return wrong(`its device is in the pool ${pool}, and ${name || 'none'} is configured`);
    try {
      if (!(await this.#pool.isThere())) return wrong(`the pool ${name} is not there`);
      const taken = await this.#pool.lookFor(id, device);
      if (taken === undefined) return { state: 'gone' };
      const now = Math.max(0, taken - shared);
      const isSame = Math.abs(now - usage.size) <= usage.size * TOLERATED_PART + TOLERATED;
      const message = `its device, number ${deviceId} of ${pool}, takes ${now} bytes, and took ${usage.size} when it was committed`;
      return isSame ? { state: 'there' } : wrong(message);
    } catch (error) {
      return wrong(`its device, number ${deviceId} of ${pool}, cannot be looked at: ${messageOf(error)}`);
    }
  }

  record(tx: WriteTransaction, id: string, description: FilesDescription): string | undefined {
    const device = parse(description);
    if (device === undefined) return 'what is told of its device is not what Strata writes';
    const { pool, deviceId, fileSystem, size, shared } = device;
    for (const { key, value } of tx.range(devicesTable, { prefix: [pool] })) {
      if (value.deviceId === deviceId && key[1] !== Number(id)) {
        return `its device, number ${deviceId} of ${pool}, is recorded as that of the snapshot with the id ${key[1]}`;
      }
    }
    tx.put(devicesTable, [pool, Number(id)], { deviceId, state: 'deactivated', fileSystem, size, shared, fault: '' });
    return undefined;
  }

  retire(tx: WriteTransaction, description: FilesDescription): void {
    const { pool, deviceId } = parse(description) ?? {};
    if (pool === undefined || deviceId === undefined) return;
    if (deviceId > (tx.get(deviceNumbersTable, [pool]) ?? 0)) tx.put(deviceNumbersTable, [pool], deviceId);
  }
}

function wrong(message: string): FilesFound {
  return { state: 'wrong', message };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parse({ pool, deviceId, fileSystem: type, size, shared }: FilesDescription): Description | undefined {
  const fileSystem = fileSystems.find((known) => known === type);
  if (typeof pool !== 'string' || fileSystem === undefined) return undefined;
  if (!isCount(deviceId) || !isCount(size) || !isCount(shared)) return undefined;
  return { pool, deviceId, fileSystem, size, shared };
}
