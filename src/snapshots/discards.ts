import type { CallContext } from './types.js';

/** Told about failures that no caller waits for. */
export interface BackgroundErrors {
  /** @param task What was being done, for a log line. */
  report(task: string, error: unknown): void;
}

const batchSize = 64;

/** What the queue is for. */
export interface Discarding {
  /** What is being done, for a log line. */
  readonly task: string;
  discard(ids: readonly string[], call: CallContext): Promise<void>;
}

/**
 * Deletes the files of removed snapshots in the background, in batches, one batch at a time.
 *
 * A failure is reported and forgotten: the files stay as an unrecorded directory, which the next clean-up finds. The
 * same goes for what is left when the queue is closed.
 */
export class DiscardQueue {
  readonly #work: Discarding;
  readonly #errors: BackgroundErrors;
  readonly #abort = new AbortController();
  #waiting: string[] = [];
  #current: readonly string[] = [];
  #running: Promise<void> | undefined;

  constructor(work: Discarding, errors: BackgroundErrors) {
    this.#work = work;
    this.#errors = errors;
  }

  /** Takes ids on and returns at once. Ids that come after `close` are left to the next start. */
  add(ids: readonly string[]): void {
    if (this.#abort.signal.aborted || ids.length === 0) return;
    this.#waiting.push(...ids);
    this.#running ??= this.#run();
  }

  /** Whether the files of this id are still to be deleted, or being deleted. */
  has(id: string): boolean {
    return this.#current.includes(id) || this.#waiting.includes(id);
  }

  /** Resolves when everything taken on so far has been dealt with. */
  async drain(): Promise<void> {
    await this.#running;
  }

  /** Stops after the file at hand. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#waiting = [];
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      // Deleting waits until the call that caused it has been answered.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#waiting.length > 0) {
        this.#current = this.#waiting.splice(0, batchSize);
        await this.#discard(this.#current);
        this.#current = [];
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #discard(ids: readonly string[]): Promise<void> {
    try {
      await this.#work.discard(ids, { signal: this.#abort.signal });
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#errors.report(`${this.#work.task} ${ids.join(', ')}`, error);
    }
  }
}
