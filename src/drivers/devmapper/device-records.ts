import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';

/**
 * The state of a device. Those in `-ing` are recorded before the work, and tell the next start what was not finished. `faulty`
 * is permanent: the content of the device cannot be relied upon.
 */
export type DeviceState =
  | 'creating'
  | 'activating'
  | 'activated'
  | 'deactivating'
  | 'deactivated'
  | 'removing'
  | 'faulty';

/** The file systems that a device can have. */
export type DeviceFileSystem = 'ext4' | 'xfs' | 'ext2';

/** One thin device. */
export interface DeviceRecord {
  /** Its number in the pool, below 2^24. */
  readonly deviceId: number;
  readonly state: DeviceState;
  readonly fileSystem: DeviceFileSystem;
  /** Bytes that it seems to have. */
  readonly size: number;
  /** Bytes that it had from its origin when it was made. */
  readonly shared: number;
  /** Why it is faulty; empty when it is not. */
  readonly fault: string;
}

/** A device and the id of its snapshot. */
export interface RecordedDevice {
  readonly id: string;
  readonly record: DeviceRecord;
}

interface DeviceRow extends DeviceRecord {
  readonly snapshot: number;
}

const columns = 'snapshot, device AS deviceId, state, file_system AS fileSystem, size, shared, fault';
const find = statement<DeviceRow>(`SELECT ${columns} FROM devmapper_devices WHERE pool = ? AND snapshot = ?`);
const all = statement<DeviceRow>(`SELECT ${columns} FROM devmapper_devices WHERE pool = ? ORDER BY snapshot`);
const put = statement(`
  INSERT INTO devmapper_devices (pool, snapshot, device, state, file_system, size, shared, fault)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (pool, snapshot) DO UPDATE SET
    device = excluded.device, state = excluded.state, file_system = excluded.file_system,
    size = excluded.size, shared = excluded.shared, fault = excluded.fault`);
const remove = statement('DELETE FROM devmapper_devices WHERE pool = ? AND snapshot = ?');
const findLast = statement<{ last: number }>('SELECT last_device AS last FROM devmapper_pools WHERE pool = ?');
const raiseLast = statement(`
  INSERT INTO devmapper_pools (pool, last_device) VALUES (?, ?)
  ON CONFLICT (pool) DO UPDATE SET last_device = max(last_device, excluded.last_device)`);

/** The rows of one pool's devices. Every method works inside a transaction that the caller holds. */
export class DeviceRecords {
  readonly #pool: string;

  constructor(pool: string) {
    this.#pool = pool;
  }

  /** The device of a snapshot; undefined when there is none. */
  find(tx: ReadTransaction, id: string): DeviceRecord | undefined {
    const row = tx.get(find, this.#pool, Number(id));
    return row === undefined ? undefined : recordOf(row);
  }

  /** Every device, in the order of the ids of their snapshots. */
  all(tx: ReadTransaction): RecordedDevice[] {
    return tx.all(all, this.#pool).map((row) => ({ id: String(row.snapshot), record: recordOf(row) }));
  }

  /** Records the device of a snapshot, instead of what was recorded of it. */
  put(tx: WriteTransaction, id: string, record: DeviceRecord): void {
    const { deviceId, state, fileSystem, size, shared, fault } = record;
    tx.run(put, this.#pool, Number(id), deviceId, state, fileSystem, size, shared, fault);
    tx.run(raiseLast, this.#pool, deviceId);
  }

  /** Forgets the device of a snapshot; its number stays given out. */
  remove(tx: WriteTransaction, id: string): void {
    tx.run(remove, this.#pool, Number(id));
  }

  /** The largest number that was ever given out; 0 when none was. */
  lastDeviceId(tx: ReadTransaction): number {
    return tx.get(findLast, this.#pool)?.last ?? 0;
  }
}

function recordOf({ deviceId, state, fileSystem, size, shared, fault }: DeviceRow): DeviceRecord {
  return { deviceId, state, fileSystem, size, shared, fault };
}
