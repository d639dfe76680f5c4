import type { CallContext } from '../api/types.js';
import type { BackgroundErrors } from './background-errors.js';

const batchSize = 64;

/** Deleting begins when no id has come for so many milliseconds. */
const quietMs = 50;

/** It waits for no longer than this, in milliseconds, so that a stream of removals does not fill the disk. */
const longestWaitMs = 1000;

/** What the queue is for. */
export interface Discarding {
  /** What is being done, for a log line. */
  readonly task: string;
  discard(ids: readonly string[], call: CallContext): Promise<void>;
}

/**
 * Deletes the files of removed snapshots in the background, one batch at a time, when no more snapshots are being removed:
 * a caller that removes one after the other shares the processors and the file system's journal with this queue, and would
 * wait for it.
 *
 * A failure is reported and forgotten: the files stay as an unrecorded directory, which the next clean-up finds. The
 * same goes for what is left when the queue is closed.
 */
export class DiscardQueue {
  readonly #work: Discarding;
  readonly #errors: BackgroundErrors;
  readonly #abort = new AbortController();
  /** In order of arrival; those being deleted are in `#current`. */
  readonly #waiting = new Set<string>();
  #current: ReadonlySet<string> = new Set();
  #running: Promise<void> | undefined;
  /** When the last id came. */
  #lastAdded = 0;
  /** How many callers wait for everything to be deleted. */
  #draining = 0;
  #stopWaiting: (() => void) | undefined;

  constructor(work: Discarding, errors: BackgroundErrors) {
    this.#work = work;
    this.#errors = errors;
  }

  /** Queues ids and returns at once. Ids that come after `close` are left to the next start. */
  add(ids: readonly string[]): void {
    if (this.#abort.signal.aborted || ids.length === 0) return;
    for (const id of ids) this.#waiting.add(id);
    this.#lastAdded = performance.now();
    this.#running ??= this.#run();
  }

  /** Whether the files of this id are still to be deleted, or being deleted. */
  has(id: string): boolean {
    return this.#current.has(id) || this.#waiting.has(id);
  }

  /** Resolves when everything queued so far is done. */
  async drain(): Promise<void> {
    this.#draining++;
    this.#stopWaiting?.();
    try {
      await this.#running;
    } finally {
      this.#draining--;
    }
  }

  /** Stops after the current file. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#waiting.clear();
    this.#stopWaiting?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        await this.#quiet();
        const batch = [...this.#waiting.values().take(batchSize)];
        this.#current = new Set(batch);
        for (const id of batch) this.#waiting.delete(id);
        if (batch.length > 0) await this.#discard(batch);
      }
    } finally {
      this.#current = new Set();
      this.#running = undefined;
    }
  }

  /** Waits until nothing has been removed for a while, or somebody waits for the deletion. */
  async #quiet(): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const now = performance.now();
      const wait = Math.min(this.#lastAdded + quietMs, begun + longestWaitMs) - now;
      if (wait <= 0 || this.#draining > 0 || this.#abort.signal.aborted) return;
      await this.#wait(wait);
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
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
