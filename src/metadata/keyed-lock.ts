/** Lets one holder at a time have a set of names; others that want one of them wait, in order, and no one else does. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` while it alone holds all of `names`. */
  async hold<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const { promise: released, release } = gate();
    // Taking every place in line at once keeps two holders from waiting for each other.
    const before = [...new Set(names)].map((name) => this.#enter(name, released));
    try {
      await Promise.all(before);
      return await work();
    } finally {
      release();
    }
  }

  #enter(name: string, released: Promise<void>): Promise<void> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const tail = before.then(() => released);
    this.#tails.set(name, tail);
    void tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    });
    return before;
  }
}

function gate(): { promise: Promise<void>; release: () => void } {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}
