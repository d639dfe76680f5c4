/** A snapshot that a client has asked for with Stat. */
export interface SeenStat {
  /** The snapshotter here. */
  readonly snapshotter: string;
  readonly key: string;
  /** Whether it was there. */
  readonly there: boolean;
}

/**
 * Shows which snapshots the clients of this daemon ask for. A containerd in front asks for each that it has a record of when it is
 * asked for a list, by the key that it has made for it: nothing else that it answers has that key.
 */
export class StatWatch {
  readonly #watchers = new Set<(stat: SeenStat) => void>();

  /** Tells everybody who watches. */
  tell(stat: SeenStat): void {
    for (const watcher of this.#watchers) watcher(stat);
  }

  /** Calls a watcher with every Stat until it is disposed of. */
  watch(watcher: (stat: SeenStat) => void): Disposable {
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }
}
