import type { Front, FrontedSnapshot, FrontRecord } from '../../src/check/index.js';

/** A containerd in front that has records of what a test says. */
export class FakeFront implements Front {
  /** What it has records of, by the key that it asks for. */
  readonly known = new Map<string, FrontRecord>();
  /** Containers by the key of what they use. */
  readonly users = new Map<string, readonly string[]>();
  readonly forgotten: string[] = [];
  /** Called when it has said what it has records of. */
  meanwhile: () => Promise<void> | void = () => undefined;
  /** What a key cannot be forgotten for. */
  readonly failures = new Map<string, Error>();

  /** Adds records; `there` says whether the snapshots are here. */
  add(there: boolean, ...keys: readonly string[]): void {
    for (const key of keys) this.known.set(key, { snapshotter: 'overlayfs', key, there });
  }

  async records(): Promise<readonly FrontRecord[]> {
    const records = [...this.known.values()];
    await this.meanwhile();
    return records;
  }

  async claims({ key }: FrontedSnapshot): Promise<boolean> {
    return this.known.has(key);
  }

  usersOf({ key }: Pick<FrontedSnapshot, 'key'>): readonly string[] {
    return this.users.get(key) ?? [];
  }

  async forget({ key }: FrontedSnapshot): Promise<boolean> {
    const failure = this.failures.get(key);
    if (failure !== undefined) throw failure;
    this.forgotten.push(key);
    return this.known.delete(key);
  }
}
