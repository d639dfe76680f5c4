/** Clean-ups that nobody waits for: one at a time, and one more for all that are asked for meanwhile. */
export class BackgroundCleanup {
  readonly #clean: (signal: AbortSignal) => Promise<void>;
  readonly #onFailed: (error: unknown) => void;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(clean: (signal: AbortSignal) => Promise<void>, onFailed: (error: unknown) => void) {
    this.#clean = clean;
    this.#onFailed = onFailed;
  }

  /** Asks for one that begins after this, and returns at once. */
  ask(): void {
    this.#isWanted = true;
    this.#running ??= this.#run();
  }

  /** Aborts the one under way, and begins no more. */
  stop(): void {
    this.#abort.abort();
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (this.#isWanted && !signal.aborted) {
      this.#isWanted = false;
      try {
        await this.#clean(signal);
      } catch (error) {
        if (!signal.aborted) this.#onFailed(error);
      }
    }
    this.#running = undefined;
  }
}
