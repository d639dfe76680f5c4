import { existsSync, readdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { DataLossError, messageOf, throwIfAborted } from '../../errors/index.js';
import { type DeviceMapper, deviceMapper, isMountPoint, unmountAll } from '../../linux/index.js';
import type {
  CallContext,
  CheckedFiles,
  CheckLevel,
  DriverChecker,
  FileProblem,
  FileReport,
} from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { compareContent } from '../kit/checker/index.js';
import { fileListPath } from '../kit/file-lists.js';
import { type DeviceRecord, DeviceRecords, type DeviceState } from './device-records.js';
import { openLayer } from './layer-content.js';
import { Readers } from './readers.js';
import type { DeviceRegistry } from './registry.js';
import { templateId } from './template.js';
import { ThinPool } from './thin-pool.js';

/** What a checker of devmapper has to know. */
export interface DevmapperCheckerOptions {
  /** The directory of the driver. */
  readonly root: string;
  readonly store: Store;
  readonly poolName: string;
  /** The device mapper, in place of this machine's. */
  readonly mapper?: DeviceMapper;
  /** What a driver that is open knows of its devices; absent when none is, and what is activated says nothing. */
  readonly registry?: DeviceRegistry;
  /** Who reads layers beside it: a driver that is open. */
  readonly readers?: Readers;
  /** Told when a layer is mounted to be read. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/**
 * Looks at the records of the thin devices of a pool and, while a driver is open, at those that are activated. A pool does
 * not list its devices, so others are not found. Mounts layers, read-only, to read them, where the pool exists.
 */
export function devmapperChecker(options: DevmapperCheckerOptions): DriverChecker {
  return new DevmapperChecker(options);
}

function isId(name: string): boolean {
  return /^\d+$/.test(name);
}

type Looked = DeviceRecord | undefined | { readonly unreadable: string };

class DevmapperChecker implements DriverChecker {
  readonly #store: Store;
  readonly #pool: ThinPool;
  readonly #registry: DeviceRegistry | undefined;
  readonly #readers: Readers;
  readonly #root: string;
  readonly #faults: FaultPoints;
  readonly #rows: DeviceRecords;

  constructor({ root, store, poolName, mapper = deviceMapper, registry, ...rest }: DevmapperCheckerOptions) {
    this.#root = root;
    this.#readers = rest.readers ?? new Readers();
    this.#faults = rest.faults ?? noFaults;
    this.#store = store;
    this.#pool = new ThinPool(poolName, mapper);
    this.#rows = new DeviceRecords(poolName);
    this.#registry = registry;
  }

  async *ids(): AsyncIterable<string> {
    for (const id of this.#ids()) if (id !== templateId) yield id;
    yield* await this.#unrecorded();
  }

  /**
   * The ids of devices that are activated and not recorded, since the records were lost. Those that are mounted are left
   * to whoever uses them.
   */
  async #unrecorded(): Promise<string[]> {
    if (!(await this.#hasPool())) return [];
    const active = [...(await this.#pool.activated())].filter(([id, { open }]) => isId(id) && open === 0);
    return active.map(([id]) => id).filter((id) => id !== templateId && this.#look(id) === undefined);
  }

  #ids(): string[] {
    return this.#store.read((tx) => this.#rows.all(tx)).map(({ id }) => id);
  }

  pathsOf(id: string): readonly string[] {
    return [fileListPath(this.#root, id)];
  }

  async holds(id: string): Promise<boolean> {
    return isId(id) && (this.#look(id) !== undefined || (await this.#unrecorded()).includes(id));
  }

  async inspect(snapshot: CheckedFiles, level: CheckLevel, { signal }: CallContext): Promise<FileReport> {
    throwIfAborted(signal);
    const { id, kind } = snapshot;
    const problem = this.#recordProblem(id, this.#look(id)) ?? (await this.#activationProblem(id, level));
    if (problem !== undefined) return { problems: [problem] };
    if (level !== 'deep' || kind !== 'committed') return { problems: [] };
    return (await this.#hasPool()) ? this.#read(id, signal) : { problems: [], unread: true };
  }

  async #hasPool(): Promise<boolean> {
    try {
      return await this.#pool.isThere();
    } catch {
      // No device mapper either.
      return false;
    }
  }

  async #read(id: string, signal: AbortSignal | undefined): Promise<FileReport> {
    const parts = { pool: this.#pool, root: this.#root, faults: this.#faults };
    const read = async (whileThere: AbortSignal): Promise<FileReport> => {
      // Checked again: a deletion that has begun does not wait for later readers.
      const record = this.#look(id);
      if (record === undefined || 'unreadable' in record || record.state === 'removing') return { problems: [] };
      const open = () => openLayer(parts, { id, record, signal: whileThere });
      return compareContent(open, this.#pool.devicePath(id), whileThere);
    };
    return (await this.#readers.read(id, read, signal)) ?? { problems: [] };
  }

  #look(id: string): Looked {
    try {
      return this.#store.read((tx) => this.#rows.find(tx, id));
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      return { unreadable: messageOf(error.cause ?? error) };
    }
  }

  #recordProblem(id: string, record: Looked): FileProblem | undefined {
    const path = this.#pool.devicePath(id);
    const problem = (kind: FileProblem['kind'], message: string) => ({ kind, path, message, repairable: false });
    if (record === undefined) return problem('missing-device', 'nothing is recorded of it');
    if ('unreadable' in record) return problem('faulty-device', `its record cannot be read: ${record.unreadable}`);
    if (record.state === 'faulty') return problem('faulty-device', record.fault);
    const usable: readonly DeviceState[] = ['activating', 'activated', 'deactivating', 'deactivated'];
    return usable.includes(record.state) ? undefined : problem('faulty-device', `its state is ${record.state}`);
  }

  /** A device of a driver that is open is activated when that is recorded. */
  async #activationProblem(id: string, level: CheckLevel): Promise<FileProblem | undefined> {
    if (this.#registry === undefined || level === 'quick' || this.#registry.get(id)?.state !== 'activated')
      return undefined;
    const path = this.#pool.devicePath(id);
    try {
      if ((await this.#pool.find(id)) !== undefined) return undefined;
      return { kind: 'inactive-device', path, message: 'it is not there, and is to be', repairable: true };
    } catch (error) {
      return { kind: 'unreadable-file', path, message: messageOf(error), repairable: false };
    }
  }

  async inspectPlace(): Promise<readonly FileProblem[]> {
    return this.#registry === undefined ? this.#leftMounts() : [];
  }

  /** Where no driver is open, nothing is mounted in its directory. */
  #leftMounts(): FileProblem[] {
    if (!existsSync(this.#root)) return [];
    const points = readdirSync(this.#root)
      .map((name) => join(this.#root, name))
      .filter(isMountPoint);
    const message = 'a device was mounted there to be read or changed';
    return points.map((path) => ({ kind: 'stray-mount', path, message, repairable: true }));
  }

  async repairPlace({ kind, path }: FileProblem): Promise<boolean> {
    if (kind !== 'stray-mount' || !this.#leftMounts().some((left) => left.path === path)) return false;
    await unmountAll(path, { detach: true });
    await rmdir(path);
    return true;
  }

  async repair({ id }: CheckedFiles, { kind }: FileProblem): Promise<boolean> {
    const record = this.#registry?.get(id);
    if (kind !== 'inactive-device' || record?.state !== 'activated') return false;
    if ((await this.#pool.find(id)) !== undefined) return false;
    await this.#pool.activate(id, record);
    return true;
  }

  async letGo(id: string): Promise<void> {
    // A device that is in use stays with those who use it.
    const isOurs = this.#registry !== undefined && this.#look(id) !== undefined;
    if (isOurs && (await this.#pool.find(id))?.open === 0) await this.#pool.deactivate(id);
  }

  async forget(id: string): Promise<object | undefined> {
    const record = this.#look(id);
    if (record === undefined) return this.#forgetUnrecorded(id);
    if (this.#registry === undefined) {
      await this.#store.write((tx) => this.#rows.remove(tx, id), { frees: true });
    } else await this.#registry.giveUp(id);
    return { pool: this.#pool.name, ...record };
  }

  async #forgetUnrecorded(id: string): Promise<object | undefined> {
    if (!(await this.#unrecorded()).includes(id)) return undefined;
    const deviceId = await this.#pool.numberOf(id);
    await this.#pool.deactivate(id);
    return { pool: this.#pool.name, deviceId };
  }
}
