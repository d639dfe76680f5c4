/** A device mapper with one thin pool, in memory, for tests where there is none. */
import type { DeviceMapper, DeviceTable, MappedDevice } from '../../linux/index.js';

/** The name of its pool. */
export const fakePool = 'pool';

interface FakeDevice {
  table: DeviceTable;
  open: number;
  suspended: boolean;
}

/** What the kernel would say. */
export function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code });
}

/** See the head of this file. */
export class FakeMapper implements DeviceMapper {
  /** Those that are activated. */
  readonly devices = new Map<string, FakeDevice>();
  /** The numbers of the devices that the pool has. */
  readonly numbers = new Set<number>();
  /** What the pool says of itself. */
  poolStatus: readonly string[] = ['0', '1/2', '3/4', '-', 'rw'];
  /** Everything that was asked for, in its order. */
  readonly asked: string[] = [];
  /** What the next request of this kind fails with. */
  readonly failures = new Map<string, Error>();

  #ask(what: string, of: string): void {
    this.asked.push(`${what} ${of}`);
    const failure = this.failures.get(what);
    this.failures.delete(what);
    if (failure !== undefined) throw failure;
  }

  #device(name: string): FakeDevice {
    const device = this.devices.get(name);
    if (device === undefined) throw refusal('ENXIO');
    return device;
  }

  async create(name: string, table: DeviceTable): Promise<void> {
    this.#ask('create', name);
    if (this.devices.has(name)) throw refusal('EBUSY');
    if (!this.numbers.has(Number(table.parameters.split(' ')[1]))) throw refusal('ENODATA');
    this.devices.set(name, { table, open: 0, suspended: false });
  }

  async remove(name: string): Promise<void> {
    this.#ask('remove', name);
    if ((this.devices.get(name)?.open ?? 0) > 0) throw refusal('EBUSY');
    this.devices.delete(name);
  }

  async reload(name: string, table: DeviceTable): Promise<void> {
    this.#ask('reload', name);
    this.#device(name).table = table;
  }

  async replace(name: string, table: DeviceTable): Promise<void> {
    await this.reload(name, table);
  }

  async suspend(name: string): Promise<void> {
    this.#ask('suspend', name);
    this.#device(name).suspended = true;
  }

  async resume(name: string): Promise<void> {
    this.#ask('resume', name);
    this.#device(name).suspended = false;
  }

  async message(name: string, text: string): Promise<void> {
    this.#ask('message', text);
    const [what, number, origin] = text.split(' ');
    const [id, from] = [Number(number), Number(origin)];
    if (what === 'delete') {
      if (!this.numbers.delete(id)) throw refusal('ENODATA');
      return;
    }
    if (name !== fakePool || this.numbers.has(id)) throw refusal('EEXIST');
    if (what === 'create_snap' && !this.numbers.has(from)) throw refusal('ENODATA');
    this.numbers.add(id);
  }

  async status(name: string): Promise<readonly string[]> {
    if (name === fakePool) return this.poolStatus;
    return [String(this.#device(name).table.sectors / 2), '-'];
  }

  async parameters(name: string): Promise<readonly string[]> {
    return this.#device(name).table.parameters.split(' ');
  }

  async sectors(name: string): Promise<number> {
    return this.#device(name).table.sectors;
  }

  async list(): Promise<readonly string[]> {
    return [fakePool, ...this.devices.keys()];
  }

  async find(name: string): Promise<MappedDevice | undefined> {
    if (name === fakePool) return { name, open: 0, suspended: false };
    const device = this.devices.get(name);
    return device === undefined ? undefined : { name, open: device.open, suspended: device.suspended };
  }
}
