import { throwIfAborted } from '../../errors/index.js';
import { discardBlocks, syncMountsOf } from '../../linux/index.js';
import {
  type CallContext,
  type Driver,
  type DriverCapabilities,
  type DriverChecker,
  type DriverSnapshot,
  type Labels,
  type Mount,
  noLimits,
  type Usage,
} from '../../snapshots/index.js';
import { ensureDirectory, PRIVATE, removeMountPoints } from '../kit/directories.js';
import { FileLists } from '../kit/file-lists.js';
import { devmapperChecker } from './checker.js';
import { ThinDevices } from './devices.js';
import { openLayer } from './layer-content.js';
import { DeviceLimiter } from './limiter.js';
import { devmapperMounts } from './mounts.js';
import { type DevmapperOptions, type ResolvedDevmapperOptions, resolveDevmapperOptions } from './options.js';
import { probePool } from './probe.js';
import { DeviceRegistry } from './registry.js';
import { Template, templateId } from './template.js';
import type { ThinPool } from './thin-pool.js';

/** The label with the file system of a snapshot's device; containerd's name for it. */
export const fileSystemLabel = 'containerd.io/snapshot/devmapper/fstype';

/**
 * Opens a driver that keeps each snapshot on a thin device of a pool (containerd: plugins/snapshots/devmapper). A child
 * begins as a snapshot of its parent's device: both share blocks, and a mount combines no layers. Making a snapshot costs some
 * requests to the kernel and durable records of their states; the first one without a parent also makes a file system, as does
 * each one without a parent that is limited. A limit
 * is the size of the device and of its file system, which can become larger while it is mounted.
 *
 *     <root>/              0700
 *       file-lists/        0700
 *         <id>             0600  what is in a committed layer, when that is asked for
 *
 * Opening finishes what the last run left, and activates the devices again after a restart of the machine.
 * @throws InvalidArgumentError for options that cannot work.
 * @throws FailedPreconditionError when there is no such pool, or it is broken; ResourceExhaustedError when it is full.
 */
export async function openDevmapperDriver(options: DevmapperOptions): Promise<Driver> {
  const resolved = resolveDevmapperOptions(options);
  ensureDirectory(resolved.root, PRIVATE);
  const pool = await probePool(resolved);
  const registry = new DeviceRegistry(resolved.store, resolved.poolName);
  const devices = new ThinDevices(pool, registry, resolved.faults);
  // What is mounted from a device that is suspended cannot be unmounted.
  await devices.resume(resolved.onBackgroundError);
  await removeMountPoints(resolved.root);
  await devices.dropReadings(resolved.onBackgroundError);
  await devices.recover(resolved.onBackgroundError);
  const template = new Template({ options: resolved, pool, registry, devices });
  await template.dropUnfinished().catch(resolved.onBackgroundError);
  return new DevmapperDriver(resolved, { pool, registry, devices, template });
}

interface Parts {
  readonly pool: ThinPool;
  readonly registry: DeviceRegistry;
  readonly devices: ThinDevices;
  readonly template: Template;
}

class DevmapperDriver implements Driver {
  readonly capabilities: DriverCapabilities = Object.freeze({ names: Object.freeze([]) });
  readonly root: string;
  readonly checker: DriverChecker;
  readonly limiter: DeviceLimiter;
  readonly #options: ResolvedDevmapperOptions;
  readonly #pool: ThinPool;
  readonly #registry: DeviceRegistry;
  readonly #devices: ThinDevices;
  readonly #template: Template;
  readonly #lists: FileLists;

  constructor(options: ResolvedDevmapperOptions, parts: Parts) {
    this.root = options.root;
    this.#options = options;
    this.#pool = parts.pool;
    this.#registry = parts.registry;
    this.checker = devmapperChecker({ ...options, registry: parts.registry, readers: parts.devices.readers });
    this.#lists = FileLists.below(options.root, options.fileList);
    this.#devices = parts.devices;
    this.#template = parts.template;
    this.limiter = new DeviceLimiter({ options, ...parts });
  }

  async create({ id, parentIds: [parent], limits = noLimits }: DriverSnapshot, call: CallContext): Promise<void> {
    throwIfAborted(call.signal);
    const { bytes } = limits;
    if (bytes !== undefined) {
      await (parent === undefined
        ? this.limiter.create(id, bytes, call)
        : this.limiter.createFrom(id, { parent, bytes }, call));
      return;
    }
    if (parent === undefined) await this.#template.ready();
    await this.#devices.createFrom(id, parent ?? templateId);
  }

  async seal({ id }: DriverSnapshot, call: CallContext): Promise<Usage> {
    throwIfAborted(call.signal);
    const usage = await this.#devices.guard(id, `failed to write out the device of snapshot ${id}`, async () => {
      await this.#devices.flush(id, this.#options.durability === 'full');
      return { size: await this.#devices.used(id), inodes: 0 };
    });
    await this.#list(id, call.signal);
    return usage;
  }

  async #list(id: string, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#lists.wanted) return this.#lists.remove([id]);
    const { root, faults } = this.#options;
    const record = this.#devices.healthy(id);
    await using layer = await openLayer({ pool: this.#pool, root, faults }, { id, record, signal });
    await this.#lists.write({ id, tree: layer.tree }, signal);
    faults.reach('devmapper.listed');
  }

  async committed(ids: readonly string[], { signal }: CallContext): Promise<void> {
    for (const id of ids) {
      throwIfAborted(signal);
      await this.#devices.putAway(id);
    }
  }

  mounts({ id, kind }: DriverSnapshot): readonly Mount[] {
    const { fileSystem } = this.#devices.healthy(id);
    return devmapperMounts({ kind, fileSystem, device: this.#pool.devicePath(id) });
  }

  async usage({ id, kind }: DriverSnapshot, call: CallContext): Promise<Usage> {
    throwIfAborted(call.signal);
    if (kind === 'view') return { size: 0, inodes: 0 };
    return this.#devices.guard(id, `failed to measure the device of snapshot ${id}`, async () => {
      await syncMountsOf(this.#pool.devicePath(id));
      return { size: await this.#devices.used(id), inodes: 0 };
    });
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    const before = this.#options.discardBlocks ? discardBlocks : undefined;
    const failures: unknown[] = [];
    for (const id of ids) {
      throwIfAborted(signal);
      // One that is still mounted does not keep the others.
      await this.#devices.delete(id, before).catch((error: unknown) => failures.push(error));
    }
    // That of a device that is still there is needed until it is gone.
    await this.#lists.remove(ids.filter((id) => this.#registry.get(id) === undefined));
    if (failures.length > 0) throw failures[0];
  }

  async *ids(): AsyncIterable<string> {
    for (const [id] of this.#registry.entries()) if (id !== templateId) yield id;
    // Of records that were lost; their ids are not to be given out again. No clean-up touches them.
    for (const id of (await this.#pool.activated()).keys()) {
      if (id !== templateId && this.#registry.get(id) === undefined) yield id;
    }
    yield* await this.#lists.strays((id) => this.#registry.get(id) !== undefined);
  }

  shownLabels({ id }: Pick<DriverSnapshot, 'id' | 'kind'>): Labels | undefined {
    const record = this.#registry.get(id);
    return record === undefined ? undefined : new Map([[fileSystemLabel, record.fileSystem]]);
  }

  async close(): Promise<void> {
    // Nothing to release: the devices stay, since they may be mounted.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
