import { type FaultPoints, SerialQueue } from '../../base/index.js';
import { DataLossError } from '../../errors/index.js';
import { hasErrno, syncDevice } from '../../linux/index.js';
import type { DeviceFileSystem, DeviceRecord } from './device-records.js';
import { explainDeviceError, isFault } from './faults.js';
import { Readers } from './readers.js';
import type { DeviceRegistry } from './registry.js';
import type { ThinPool } from './thin-pool.js';

/** A device that is to be made. */
export interface NewDevice {
  readonly fileSystem: DeviceFileSystem;
  readonly size: number;
}

/**
 * The devices of a pool and their records, kept in step: each step is recorded on disk before it is done, so that a crash at
 * any moment leaves a record that says what has to be finished or undone.
 */
export class ThinDevices {
  readonly #pool: ThinPool;
  readonly #registry: DeviceRegistry;
  readonly #faults: FaultPoints;
  /** What is done about each device, by the id of its snapshot. */
  readonly #turns = new SerialQueue();
  /** Who reads layers. */
  readonly readers = new Readers();

  constructor(pool: ThinPool, registry: DeviceRegistry, faults: FaultPoints) {
    this.#pool = pool;
    this.#registry = registry;
    this.#faults = faults;
  }

  /**
   * The record of a device that can be relied upon.
   * @throws DataLossError when there is none, or it is faulty.
   */
  healthy(id: string): DeviceRecord {
    const record = this.#registry.get(id);
    if (record === undefined) throw new DataLossError(`the device of snapshot ${id} is gone`);
    if (record.state === 'faulty') throw new DataLossError(`the device of snapshot ${id} is faulty: ${record.fault}`);
    return record;
  }

  /** Makes and activates an empty device. When it fails nothing is left. */
  createEmpty(id: string, device: NewDevice): Promise<void> {
    return this.#create(id, device, (deviceId) => this.#pool.createThin(deviceId));
  }

  /**
   * Makes and activates a device that holds what another does; that one may be in use, but what its users have not yet
   * written to it is not part of the copy. When it fails nothing is left.
   * @param size Of the device, which what it holds is not changed to; that of the other when absent.
   */
  async createFrom(id: string, originId: string, size?: number): Promise<void> {
    const origin = this.healthy(originId);
    await this.#create(id, { ...origin, size: size ?? origin.size }, (deviceId) => {
      return this.#turns.run(originId, () => this.#snapshot(deviceId, originId, origin.deviceId));
    });
  }

  async #create(id: string, device: NewDevice, make: (deviceId: number) => Promise<void>): Promise<void> {
    const { fileSystem, size } = device;
    try {
      await this.#makeUnder(id, { deviceId: 0, state: 'creating', fileSystem, size, shared: 0, fault: '' }, make);
      await this.#activate(id);
      await this.#registry.update(id, { shared: await this.#pool.mapped(id) });
    } catch (error) {
      await this.#undo(id);
      // The state of a pool without room says more than the error of the refused request.
      await this.#pool.check();
      throw explainDeviceError(error, `failed to create the device of snapshot ${id}`);
    }
  }

  /** Makes a device under the first number that the pool itself does not know already. */
  async #makeUnder(id: string, record: DeviceRecord, make: (deviceId: number) => Promise<void>): Promise<void> {
    for (;;) {
      const deviceId = this.#registry.takeDeviceId();
      await this.#registry.put(id, { ...record, deviceId });
      this.#faults.reach('devmapper.recorded');
      try {
        await make(deviceId);
        this.#faults.reach('devmapper.made');
        return;
      } catch (error) {
        if (!hasErrno(error, 'EEXIST')) throw error;
        // Not ours: the record must not name it, or it would be deleted.
        await this.#registry.forget(id);
        this.#registry.reserve(deviceId);
      }
    }
  }

  async #snapshot(deviceId: number, originId: string, originDeviceId: number): Promise<void> {
    if ((await this.#pool.find(originId)) === undefined) return this.#pool.createSnapshot(deviceId, originDeviceId);
    await this.#pool.suspend(originId);
    this.#faults.reach('devmapper.suspended');
    try {
      await this.#pool.createSnapshot(deviceId, originDeviceId);
    } finally {
      await this.#pool.resume(originId);
    }
  }

  async #undo(id: string): Promise<void> {
    try {
      await this.delete(id);
    } catch {
      // It stays recorded, and a clean-up finds it.
    }
  }

  async #activate(id: string): Promise<void> {
    const record = this.healthy(id);
    await this.#registry.update(id, { state: 'activating' });
    await this.#pool.activate(id, record);
    this.#faults.reach('devmapper.activated');
    await this.#registry.update(id, { state: 'activated' });
  }

  /**
   * Has a device hold everything that was written to its file system, mounted or not.
   * @param durable Whether it is to be on disk as well.
   */
  flush(id: string, durable: boolean): Promise<void> {
    return this.#turns.run(id, async () => {
      const device = await this.#pool.find(id);
      if (device !== undefined && device.open > 0) {
        // Freezes what is mounted, in whatever namespace, and thereby writes it out.
        await this.#pool.suspend(id);
        this.#faults.reach('devmapper.suspended');
        await this.#pool.resume(id);
      }
      if (durable) await syncDevice(this.#pool.devicePath(id));
    });
  }

  /** Gives a device another size, recorded and in the kernel, while it is in use. What it holds is not changed. */
  resize(id: string, size: number): Promise<void> {
    return this.#turns.run(id, async () => {
      const { deviceId, size: before } = this.healthy(id);
      // A restart of the machine makes it again as it is recorded: never smaller than what is on it.
      if (size > before) await this.#registry.update(id, { size });
      this.#faults.reach('devmapper.resizing');
      await this.#pool.resize(id, { deviceId, size });
      this.#faults.reach('devmapper.resized');
      if (size < before) await this.#registry.update(id, { size });
    });
  }

  /** The bytes that a device does not share with what it was made from. Blocks that were overwritten count as shared. */
  async used(id: string): Promise<number> {
    const { shared } = this.healthy(id);
    return Math.max(0, (await this.#pool.mapped(id)) - shared);
  }

  /** Whether a device is mounted, or open otherwise. */
  async isOpen(id: string): Promise<boolean> {
    return ((await this.#pool.find(id))?.open ?? 0) > 0;
  }

  /** Takes a device out of /dev/mapper unless it is in use, in which case it stays. */
  putAway(id: string): Promise<void> {
    return this.#turns.run(id, async () => {
      if (this.#registry.get(id)?.state !== 'activated') return;
      if (await this.isOpen(id)) return;
      await this.#registry.update(id, { state: 'deactivating' });
      this.#faults.reach('devmapper.deactivating');
      await this.#pool.deactivate(id);
      this.#faults.reach('devmapper.deactivated');
      await this.#registry.update(id, { state: 'deactivated' });
    });
  }

  /**
   * Deletes a device; does nothing when there is none.
   * @param before Done while it is still activated.
   * @throws FailedPreconditionError when it is in use; it then stays to be deleted.
   */
  delete(id: string, before?: (path: string) => Promise<void>): Promise<void> {
    return this.#turns.run(id, async () => {
      const record = this.#registry.get(id);
      if (record === undefined) return;
      try {
        await this.#registry.update(id, { state: 'removing' });
        this.#faults.reach('devmapper.removing');
        // Who comes later finds that it is being removed.
        await this.readers.stop(id);
        if (before !== undefined && (await this.#pool.find(id)) !== undefined) await before(this.#pool.devicePath(id));
        await this.#pool.deactivate(id);
        await this.#pool.delete(record.deviceId);
        this.#faults.reach('devmapper.deleted');
        await this.#registry.forget(id);
      } catch (error) {
        throw explainDeviceError(error, `failed to delete the device of snapshot ${id}`);
      }
    });
  }

  /** Does work on a device; an error of its disk marks it as faulty, for good. */
  async guard<T>(id: string, context: string, work: () => Promise<T>): Promise<T> {
    this.healthy(id);
    try {
      return await work();
    } catch (error) {
      const explained = explainDeviceError(error, context);
      if (isFault(error)) await this.#registry.update(id, { state: 'faulty', fault: explained.context });
      throw explained;
    }
  }

  /**
   * Lets devices go on that the last run left suspended.
   * @param report Told about each that cannot; it is faulty from then on.
   */
  async resume(report: (error: unknown) => void): Promise<void> {
    const activated = await this.#pool.activated();
    for (const [id] of this.#registry.entries()) {
      if (activated.get(id)?.suspended === true) await this.#ready(id, report, () => this.#pool.resume(id));
    }
  }

  /** Takes away the devices through which the last run read layers. What is mounted from them is unmounted already. */
  async dropReadings(report: (error: unknown) => void): Promise<void> {
    for (const id of await this.#pool.readings()) await this.#pool.deactivateReading(id).catch(report);
  }

  /**
   * Finishes what the last run left unfinished, and activates devices again after a restart of the machine. What was being
   * made or deleted is left to the next clean-up.
   * @param report Told about each device that could not be readied; it is faulty from then on.
   */
  async recover(report: (error: unknown) => void): Promise<void> {
    const activated = await this.#pool.activated();
    for (const [id, { state }] of this.#registry.entries()) {
      const isThere = activated.has(id);
      await this.#ready(id, report, async () => {
        if (state === 'deactivating') await this.#finishPuttingAway(id);
        if (state === 'activating' || (state === 'activated' && !isThere)) await this.#activate(id);
        if (state === 'activated' && isThere) await this.#finishResizing(id);
      });
    }
  }

  async #ready(id: string, report: (error: unknown) => void, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const explained = explainDeviceError(error, `failed to ready the device of snapshot ${id}`);
      await this.#registry.update(id, { state: 'faulty', fault: explained.context });
      report(explained);
    }
  }

  /** What was being made larger or smaller has the size that is recorded, and what is on it fits either. */
  async #finishResizing(id: string): Promise<void> {
    const { deviceId, size } = this.healthy(id);
    if ((await this.#pool.size(id)) !== size) await this.#pool.resize(id, { deviceId, size });
  }

  async #finishPuttingAway(id: string): Promise<void> {
    await this.#pool.deactivate(id);
    await this.#registry.update(id, { state: 'deactivated' });
  }
}
