/**
 * Work by name: pieces of one name run one after the other, in their order of arrival; other names do not wait for them.
 */
export class SerialQueue {
  /** The newest piece of each name; the others are before it. Never rejects. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when all earlier work of this name is over, however that ended. @throws what `work` throws. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const running = before === undefined ? work() : before.then(work);
    const settled = running.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      return await running;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }

  /** Whether work of this name runs or waits. */
  isBusy(name: string): boolean {
    return this.#last.has(name);
  }

  /** Resolves when no work of this name runs or waits, however it ended. */
  async idle(name: string): Promise<void> {
    for (let last = this.#last.get(name); last !== undefined; last = this.#last.get(name)) await last;
  }

  /** Resolves when no work at all runs or waits. */
  async allIdle(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
