import { ResourceExhaustedError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { type DeviceRecord, DeviceRecords } from './device-records.js';

/** How many device numbers a pool has. */
const DEVICE_IDS = 2 ** 24;

/**
 * The records of a pool's devices: all in memory, and each change on disk before it resolves. One process has a pool's
 * records at a time, since one has the store.
 */
export class DeviceRegistry {
  readonly #store: Store;
  readonly #pool: string;
  readonly #rows: DeviceRecords;
  readonly #records: Map<string, DeviceRecord>;
  readonly #taken: Set<number>;
  #next: number;

  constructor(store: Store, pool: string) {
    this.#store = store;
    this.#pool = pool;
    this.#rows = new DeviceRecords(pool);
    const devices = store.read((tx) => this.#rows.all(tx));
    this.#records = new Map(devices.map(({ id, record }) => [id, record]));
    this.#taken = new Set(devices.map(({ record }) => record.deviceId));
    this.#next = store.read((tx) => this.#rows.lastDeviceId(tx)) + 1;
  }

  /** The record of a snapshot's device. */
  get(id: string): DeviceRecord | undefined {
    return this.#records.get(id);
  }

  /** All records, by the ids of their snapshots. */
  entries(): readonly (readonly [id: string, record: DeviceRecord])[] {
    return [...this.#records];
  }

  /**
   * A number that no device of these records has or, before all were in use, has ever had. Reserved until the process
   * ends or its record is removed.
   * @throws ResourceExhaustedError when all sixteen million are in use.
   */
  takeDeviceId(): number {
    for (let tries = 0; tries < DEVICE_IDS; tries += 1) {
      const candidate = this.#next % DEVICE_IDS;
      this.#next = candidate + 1;
      if (this.#taken.has(candidate)) continue;
      this.#taken.add(candidate);
      return candidate;
    }
    throw new ResourceExhaustedError(`the pool ${this.#pool} has no device ids left`);
  }

  /** Records a device; durable when it resolves. */
  async put(id: string, record: DeviceRecord): Promise<void> {
    await this.#store.write((tx) => this.#rows.put(tx, id, record));
    this.#records.set(id, record);
    this.#taken.add(record.deviceId);
  }

  /** Changes the record of a device that has one. */
  async update(id: string, change: Partial<DeviceRecord>): Promise<void> {
    const record = this.#records.get(id);
    if (record !== undefined) await this.put(id, { ...record, ...change });
  }

  /** Marks a number as used by a device that is not ours: it is not given out as long as this process runs. */
  reserve(deviceId: number): void {
    this.#taken.add(deviceId);
  }

  /** Forgets a device that stays in the pool: its number is not given out as long as this process runs. */
  async giveUp(id: string): Promise<void> {
    const deviceId = this.#records.get(id)?.deviceId;
    await this.forget(id);
    if (deviceId !== undefined) this.reserve(deviceId);
  }

  /** Forgets a device; its number is free again. */
  async forget(id: string): Promise<void> {
    await this.#store.write((tx) => this.#rows.remove(tx, id), { frees: true });
    const record = this.#records.get(id);
    this.#records.delete(id);
    if (record !== undefined) this.#taken.delete(record.deviceId);
  }
}
