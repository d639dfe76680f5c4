import type { CallContext } from '../api/types.js';

/** Told about failures that no caller waits for. */
export interface BackgroundErrors {
  /** @param task What was being done, for a log line. */
  report(task: string, error: unknown): void;
}

const batchSize = 64;

/** How long ids are gathered, in milliseconds, unless half a batch is there before. */
const gatheringMs = 20;

/** What the queue is for. */
export interface Discarding {
  /** What is being done, for a log line. */
  readonly task: string;
  discard(ids: readonly string[], call: CallContext): Promise<void>;
}

/**
 * Deletes the files of removed snapshots in the background, in batches, one batch at a time. Some are gathered first: a
 * caller who removes one after the other shares the processors and the journal of the file system with what is done here.
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
  #stopGathering: (() => void) | undefined;

  constructor(work: Discarding, errors: BackgroundErrors) {
    this.#work = work;
    this.#errors = errors;
  }

  /** Takes ids on and returns at once. Ids that come after `close` are left to the next start. */
  add(ids: readonly string[]): void {
    if (this.#abort.signal.aborted || ids.length === 0) return;
    this.#waiting.push(...ids);
    this.#running ??= this.#run();
    if (this.#waiting.length >= batchSize / 2) this.#stopGathering?.();
  }

  /** Whether the files of this id are still to be deleted, or being deleted. */
  has(id: string): boolean {
    return this.#current.includes(id) || this.#waiting.includes(id);
  }

  /** Resolves when everything taken on so far has been dealt with. */
  async drain(): Promise<void> {
    this.#stopGathering?.();
    await this.#running;
  }

  /** Stops after the file at hand. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#waiting = [];
    this.#stopGathering?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.#gather();
      while (this.#waiting.length > 0) {
        this.#current = this.#waiting.splice(0, batchSize);
        await this.#discard(this.#current);
        this.#current = [];
      }
    } finally {
      this.#running = undefined;
    }
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, gatheringMs);
      this.#stopGathering = () => {
        clearTimeout(timer);
        // At the earliest when the call that caused it has been answered.
        setImmediate(resolve);
      };
    });
  }

  async #discard(ids: readonly string[]): Promise<void> {
    try {
      await this.#work.discard(ids, { signal: this.#abort.signal });
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#errors.report(`${this.#work.task} ${ids.join(', ')}`, error);
    }
  }
}
