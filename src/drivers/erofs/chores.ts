/** Pieces of work that have names: of one name, one after the other. */
export class Chores {
  readonly #running = new Map<string, Promise<void>>();

  /** Does a piece of work after the one at hand of its name. @throws what it throws. */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    await this.done(name);
    const run = work();
    const settled = run.catch(() => undefined);
    this.#running.set(name, settled);
    try {
      await run;
    } finally {
      if (this.#running.get(name) === settled) this.#running.delete(name);
    }
  }

  /** Resolves when nothing of this name is under way, however it ended. */
  async done(name: string): Promise<void> {
    for (let running = this.#running.get(name); running !== undefined; running = this.#running.get(name)) {
      await running;
    }
  }

  /** Resolves when nothing at all is. */
  async allDone(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}
