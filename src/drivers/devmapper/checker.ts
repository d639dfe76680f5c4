import { DataLossError, messageOf, throwIfAborted } from '../../errors/index.js';
import { type DeviceMapper, deviceMapper } from '../../linux/index.js';
import type {
  CallContext,
  CheckedFiles,
  CheckLevel,
  DriverChecker,
  FileProblem,
  FileReport,
} from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { DeviceRegistry } from './registry.js';
import { type DeviceRecord, type DeviceState, devicesTable } from './tables.js';
import { templateId } from './template.js';
import { ThinPool } from './thin-pool.js';

/** What a checker of devmapper has to know. */
export interface DevmapperCheckerOptions {
  readonly store: Store;
  readonly poolName: string;
  /** The device mapper, in place of this machine's. */
  readonly mapper?: DeviceMapper;
  /** What a driver that is open knows of its devices; absent when none is, and what is activated says nothing. */
  readonly registry?: DeviceRegistry;
}

/**
 * Looks at what is recorded of the thin devices of a pool and, while a driver is open, at those that are activated. What
 * else the pool has, it tells nobody; and what is on a device is not read.
 */
export function devmapperChecker(options: DevmapperCheckerOptions): DriverChecker {
  return new DevmapperChecker(options);
}

type Looked = DeviceRecord | undefined | { readonly unreadable: string };

class DevmapperChecker implements DriverChecker {
  readonly #store: Store;
  readonly #pool: ThinPool;
  readonly #registry: DeviceRegistry | undefined;

  constructor({ store, poolName, mapper = deviceMapper, registry }: DevmapperCheckerOptions) {
    this.#store = store;
    this.#pool = new ThinPool(poolName, mapper);
    this.#registry = registry;
  }

  async *ids(): AsyncIterable<string> {
    for (const id of this.#ids()) if (id !== templateId) yield id;
  }

  #ids(): string[] {
    return this.#store.read((tx) =>
      [...tx.keys(devicesTable, { prefix: [this.#pool.name] })].map(([, id]) => String(id)),
    );
  }

  pathsOf(): readonly string[] {
    return [];
  }

  async inspect(snapshot: CheckedFiles, level: CheckLevel, { signal }: CallContext): Promise<FileReport> {
    throwIfAborted(signal);
    const { id, kind } = snapshot;
    const record = this.#look(id);
    const problem = this.#recordProblem(id, record) ?? (await this.#activationProblem(id, level));
    const problems = problem === undefined ? [] : [problem];
    return { problems, ...(level === 'deep' && kind === 'committed' ? { unread: true } : {}) };
  }

  #look(id: string): Looked {
    try {
      return this.#store.read((tx) => tx.get(devicesTable, [this.#pool.name, Number(id)]));
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      return { unreadable: messageOf(error.cause ?? error) };
    }
  }

  #recordProblem(id: string, record: Looked): FileProblem | undefined {
    const path = this.#pool.devicePath(id);
    const problem = (kind: FileProblem['kind'], message: string) => ({ kind, path, message, mendable: false });
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
      return { kind: 'inactive-device', path, message: 'it is not there, and is to be', mendable: true };
    } catch (error) {
      return { kind: 'unreadable-file', path, message: messageOf(error), mendable: false };
    }
  }

  async inspectPlace(): Promise<readonly FileProblem[]> {
    const users = new Map<number, string[]>();
    for (const id of this.#ids()) {
      const record = this.#look(id);
      if (record === undefined || 'unreadable' in record) continue;
      users.set(record.deviceId, [...(users.get(record.deviceId) ?? []), id]);
    }
    const shared = [...users].filter(([, ids]) => ids.length > 1);
    return shared.map(([deviceId, ids]) => {
      const message = `${ids.map((id) => this.#pool.deviceName(id)).join(' and ')} have the number ${deviceId}`;
      return { kind: 'duplicate-device', path: `${this.#pool.name} ${deviceId}`, message, mendable: false };
    });
  }

  async mend({ id }: CheckedFiles, { kind }: FileProblem): Promise<boolean> {
    const record = this.#registry?.get(id);
    if (kind !== 'inactive-device' || record?.state !== 'activated') return false;
    if ((await this.#pool.find(id)) !== undefined) return false;
    await this.#pool.activate(id, record);
    return true;
  }

  async letGo(id: string): Promise<void> {
    // A device that is in use stays with those who use it.
    if (this.#registry !== undefined && (await this.#pool.find(id))?.open === 0) await this.#pool.deactivate(id);
  }

  async forget(id: string): Promise<object | undefined> {
    const record = this.#look(id);
    if (this.#registry === undefined) {
      await this.#store.write((tx) => tx.remove(devicesTable, [this.#pool.name, Number(id)]));
    } else await this.#registry.giveUp(id);
    return record === undefined ? undefined : { pool: this.#pool.name, ...record };
  }
}
