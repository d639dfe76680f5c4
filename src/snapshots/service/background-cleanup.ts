/** It begins so many milliseconds after it was asked for: by then no more snapshots are being removed, as a rule. */
const pauseMs = 1000;

/**
 * Clean-ups that nobody waits for, one at a time: one for all that are asked for within a second, since a collection of
 * garbage follows the other where many images are removed, and their removals would share the disk with it.
 */
export class BackgroundCleanup {
  readonly #clean: (signal: AbortSignal) => Promise<void>;
  readonly #onFailed: (error: unknown) => void;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(clean: (signal: AbortSignal) => Promise<void>, onFailed: (error: unknown) => void) {
    this.#clean = clean;
    this.#onFailed = onFailed;
  }

  /** Asks for one that begins after this, and returns at once. */
  ask(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#running.then(() => this.#run());
    }, pauseMs);
  }

  /** Aborts the one under way, and begins no more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  /** Resolves when none is under way. */
  ended(): Promise<void> {
    return this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    try {
      if (!signal.aborted) await this.#clean(signal);
    } catch (error) {
      if (!signal.aborted) this.#onFailed(error);
    }
  }
}
