import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import {
  discardTail,
  growMountedDevice,
  isFilled,
  requireGrowable,
  resizeFileSystem,
  type Volume,
} from '../../linux/index.js';
import type { CallContext, DriverLimiter, DriverSnapshot, LimitSupport, Limits } from '../../snapshots/index.js';
import type { ThinDevices } from './devices.js';
import { formatDevice } from './format.js';
import type { ResolvedDevmapperOptions } from './options.js';
import type { DeviceRegistry } from './registry.js';
import type { ThinPool } from './thin-pool.js';

const SECTOR = 512;

/** What sizes are kept with. */
export interface DeviceLimiterParts {
  readonly options: ResolvedDevmapperOptions;
  readonly pool: ThinPool;
  readonly registry: DeviceRegistry;
  readonly devices: ThinDevices;
}

/** Which device is to get which size. */
interface SizeChange {
  readonly id: string;
  readonly size: number;
  readonly signal: AbortSignal | undefined;
}

/** Limits of thin devices: the size of each, and of the file system on it. */
export class DeviceLimiter implements DriverLimiter {
  readonly #parts: DeviceLimiterParts;

  constructor(parts: DeviceLimiterParts) {
    this.#parts = parts;
  }

  support(): LimitSupport {
    return { bytes: true, inodes: false, reason: 'a thin device limits only the size' };
  }

  /** Makes the device of a snapshot without parents, of a size of its own. When it fails nothing is left. */
  async create(id: string, bytes: number, { signal }: CallContext): Promise<void> {
    const { devices, options, pool } = this.#parts;
    const { fileSystem } = options;
    await devices.createEmpty(id, { fileSystem, size: wholeSectors(bytes) });
    await this.#orDelete(id, 'failed to make a file system', () => formatDevice(pool.devicePath(id), options, signal));
    options.faults.reach('devmapper.formatted');
  }

  /**
   * Makes the device of a snapshot above another, larger than that one's or as large. When it fails nothing is left.
   * @throws FailedPreconditionError when it would be smaller: what is below might not fit.
   */
  async createFrom(id: string, { parent, bytes }: { parent: string; bytes: number }, call: CallContext): Promise<void> {
    const { devices } = this.#parts;
    const [size, below] = [wholeSectors(bytes), devices.healthy(parent).size];
    if (size < below) {
      throw new FailedPreconditionError(
        `a snapshot cannot be smaller than its parent, whose device has ${below} bytes, and ${size} are wanted`,
      );
    }
    await devices.createFrom(id, parent, size);
    await this.#orDelete(id, 'failed to make the file system larger', () =>
      this.#resizeUnmounted({ id, size, signal: call.signal }),
    );
  }

  async #orDelete(id: string, context: string, work: () => Promise<void>): Promise<void> {
    const { devices } = this.#parts;
    try {
      await devices.guard(id, context, work);
    } catch (error) {
      await devices.delete(id);
      throw error;
    }
  }

  /**
   * Changes the size of a device and of the file system on it, which may be mounted if it becomes larger.
   * @throws FailedPreconditionError for a device to shrink that is mounted, or is an xfs; and for a mounted ext4
   * without CAP_SYS_RESOURCE.
   */
  async set({ id }: DriverSnapshot, { bytes }: Limits, { signal }: CallContext): Promise<void> {
    const { devices, registry } = this.#parts;
    if (registry.get(id) === undefined) throw new NotFoundError(`device of snapshot ${id}`);
    if (bytes === undefined) return;
    const size = wholeSectors(bytes);
    await devices.guard(id, `failed to change the size of the device of snapshot ${id}`, async () => {
      if (await isFilled(devices.healthy(id).fileSystem, this.#volume(id), size)) return;
      if (await devices.isOpen(id)) await this.#growMounted(id, size);
      else await this.#resizeUnmounted({ id, size, signal });
    });
  }

  async #growMounted(id: string, size: number): Promise<void> {
    const { devices, options, pool } = this.#parts;
    const { fileSystem: type, size: before } = devices.healthy(id);
    const device = pool.devicePath(id);
    requireGrowable({ type, device, before, size });
    await devices.resize(id, size);
    await growMountedDevice({ type, device, size, mountIn: options.root });
  }

  #resizeUnmounted({ id, size, signal }: SizeChange): Promise<void> {
    const { devices, options } = this.#parts;
    const { fileSystem: type } = devices.healthy(id);
    return resizeFileSystem({ type, volume: this.#volume(id), size, mountIn: options.root, signal });
  }

  #volume(id: string): Volume {
    const { devices, pool } = this.#parts;
    const path = pool.devicePath(id);
    return {
      path,
      mountOptions: [],
      size: async () => devices.healthy(id).size,
      resize: async (size) => {
        const { size: before } = devices.healthy(id);
        // The pool would keep what lies beyond the end.
        if (size < before) await discardTail(path, size, before);
        await devices.resize(id, size);
      },
    };
  }
}

/** A device is made of sectors; it gets no more than was asked for. */
function wholeSectors(bytes: number): number {
  return Math.max(SECTOR, Math.floor(bytes / SECTOR) * SECTOR);
}
