/** Pieces of work that have names: of one name, one after the other, in the order in which they came. */
export class Chores {
  /** The newest of each name; the others are before it. */
  readonly #last = new Map<string, Promise<void>>();

  /** Does a piece of work after all those of its name. @throws what it throws. */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(name);
    const run = before === undefined ? work() : before.then(work);
    const settled = run.catch(() => undefined);
    this.#last.set(name, settled);
    try {
      await run;
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    }
  }

  /** Resolves when nothing of this name is under way or waiting, however it ended. */
  async done(name: string): Promise<void> {
    for (let last = this.#last.get(name); last !== undefined; last = this.#last.get(name)) await last;
  }

  /** Resolves when nothing at all is. */
  async allDone(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }
}
