/**
 * A thin pool: a store of blocks that many devices share (Linux: Documentation/admin-guide/device-mapper/
 * thin-provisioning.rst). A device takes room only for what was written to it, and a snapshot of one shares all blocks
 * until one of the two is written to.
 */
import { FailedPreconditionError, ResourceExhaustedError } from '../../errors/index.js';
import {
  type DeviceMapper,
  type DeviceTable,
  hasErrno,
  type MappedDevice,
  mappedDevicePath,
} from '../../linux/index.js';

const SECTOR = 512;

/** A device of a pool. */
export interface ThinDevice {
  /** Its number in the pool. */
  readonly deviceId: number;
  /** Bytes that it seems to have. */
  readonly size: number;
}

/** Requests to a pool and its devices. What the kernel refuses is thrown as a system error. */
export class ThinPool {
  readonly name: string;
  readonly #mapper: DeviceMapper;

  constructor(name: string, mapper: DeviceMapper) {
    this.name = name;
    this.#mapper = mapper;
  }

  /** The name of the device of a snapshot (containerd: `getDeviceName`). */
  deviceName(id: string): string {
    return `${this.name}-snap-${id}`;
  }

  /** Where the device of a snapshot is, once it is activated. */
  devicePath(id: string): string {
    return mappedDevicePath(this.deviceName(id));
  }

  #readingName(id: string): string {
    return `${this.name}-read-${id}`;
  }

  /** Where a device is while it is only read; see `activateReading`. */
  readingPath(id: string): string {
    return mappedDevicePath(this.#readingName(id));
  }

  /** Whether there is such a pool. @throws a system error without a device mapper. */
  async isThere(): Promise<boolean> {
    return (await this.#mapper.find(this.name)) !== undefined;
  }

  /**
   * Whether the pool can be written to.
   * @throws ResourceExhaustedError when it is full, FailedPreconditionError when it is broken or read-only.
   */
  async check(): Promise<void> {
    const words = await this.#mapper.status(this.name);
    const mode = words.find((word) => ['rw', 'ro', 'out_of_data_space'].includes(word));
    if (words[0] === 'Fail') throw new FailedPreconditionError(`the thin pool ${this.name} has failed`);
    if (words.includes('needs_check')) {
      throw new FailedPreconditionError(`the thin pool ${this.name} needs a check (thin_check)`);
    }
    if (mode === 'out_of_data_space') throw new ResourceExhaustedError(`the thin pool ${this.name} is full`);
    if (mode === 'ro') throw new FailedPreconditionError(`the thin pool ${this.name} is read-only`);
  }

  /** Makes an empty device. @throws EEXIST when the pool has one with this number. */
  createThin(deviceId: number): Promise<void> {
    return this.#mapper.message(this.name, `create_thin ${deviceId}`);
  }

  /** Makes a device with what another has; that one must not be written to meanwhile: suspended, or not activated. */
  createSnapshot(deviceId: number, originId: number): Promise<void> {
    return this.#mapper.message(this.name, `create_snap ${deviceId} ${originId}`);
  }

  /** Deletes a device that is not activated; does nothing when there is none. */
  async delete(deviceId: number): Promise<void> {
    try {
      await this.#mapper.message(this.name, `delete ${deviceId}`);
    } catch (error) {
      if (!hasErrno(error, 'ENODATA')) throw error;
    }
  }

  #tableOf({ deviceId, size }: ThinDevice): DeviceTable {
    return { sectors: size / SECTOR, type: 'thin', parameters: `${mappedDevicePath(this.name)} ${deviceId}` };
  }

  /**
   * Makes the device of a snapshot appear in /dev/mapper; does nothing when it is there. A device of another number with its
   * name, from lost records, is removed. @throws EBUSY when that is in use.
   */
  async activate(id: string, device: ThinDevice): Promise<void> {
    const name = this.deviceName(id);
    try {
      await this.#mapper.create(name, this.#tableOf(device));
    } catch (error) {
      if (!hasErrno(error, 'EBUSY', 'EEXIST')) throw error;
      const other = await this.numberOf(id);
      if (other === undefined) throw error;
      if (other === device.deviceId) return;
      await this.#mapper.remove(name);
      await this.#mapper.create(name, this.#tableOf(device));
    }
  }

  /** The number of an activated device; undefined when it is not activated. */
  async numberOf(id: string): Promise<number | undefined> {
    if ((await this.find(id)) === undefined) return undefined;
    const [, number] = await this.#mapper.parameters(this.deviceName(id));
    return Number(number);
  }

  /** Gives an activated device another size, while it is in use. */
  resize(id: string, device: ThinDevice): Promise<void> {
    return this.#mapper.reload(this.deviceName(id), this.#tableOf(device));
  }

  /** The bytes that an activated device seems to have. */
  async size(id: string): Promise<number> {
    return (await this.#mapper.sectors(this.deviceName(id))) * SECTOR;
  }

  /** Removes it from /dev/mapper; does nothing when it is not there. @throws EBUSY when it is in use. */
  deactivate(id: string): Promise<void> {
    return this.#mapper.remove(this.deviceName(id));
  }

  /** Makes a second, read-only device of the same number appear, for this process alone. @throws ENODATA without one. */
  activateReading(id: string, device: ThinDevice): Promise<void> {
    return this.#mapper.create(this.#readingName(id), { ...this.#tableOf(device), readOnly: true });
  }

  /** Removes that again; does nothing when it is not there. @throws EBUSY when it is in use. */
  deactivateReading(id: string): Promise<void> {
    return this.#mapper.remove(this.#readingName(id));
  }

  /** The ids of the snapshots whose devices are read. */
  async readings(): Promise<readonly string[]> {
    const prefix = this.#readingName('');
    return (await this.#mapper.list())
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  suspend(id: string): Promise<void> {
    return this.#mapper.suspend(this.deviceName(id));
  }

  resume(id: string): Promise<void> {
    return this.#mapper.resume(this.deviceName(id));
  }

  /** The device of a snapshot as the kernel has it; undefined when it is not activated. */
  find(id: string): Promise<MappedDevice | undefined> {
    return this.#mapper.find(this.deviceName(id));
  }

  /** The activated devices of snapshots, by the ids of those. */
  async activated(): Promise<ReadonlyMap<string, MappedDevice>> {
    const prefix = this.deviceName('');
    const names = (await this.#mapper.list()).filter((name) => name.startsWith(prefix));
    const devices = await Promise.all(names.map((name) => this.#mapper.find(name)));
    const found = devices.filter((device) => device !== undefined);
    return new Map(found.map((device) => [device.name.slice(prefix.length), device]));
  }

  /**
   * How many bytes of an activated device have a place in the pool, shared or not.
   * @throws EIO when the pool cannot read what it knows about the device.
   */
  async mapped(id: string): Promise<number> {
    const name = this.deviceName(id);
    const [sectors] = await this.#mapper.status(name);
    if (sectors === undefined || !/^\d+$/.test(sectors)) {
      throw Object.assign(new Error(`the status of ${name} is ${sectors ?? 'empty'}`), { code: 'EIO' });
    }
    return Number(sectors) * SECTOR;
  }
}
