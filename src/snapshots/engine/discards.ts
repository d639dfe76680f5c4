import { messageOf, throwIfAborted } from '../../errors/index.js';
import type { CallContext } from '../api/types.js';
import type { BackgroundErrors } from './background-errors.js';

const batchSize = 64;

/** Deleting begins when no id has come for so many milliseconds. */
const quietMs = 50;

/** It waits for no longer than this, in milliseconds, so that a stream of removals does not fill the disk. */
const longestWaitMs = 1000;

/** What could not be deleted is tried again after so many milliseconds, then after twice as many, up to the longest time. */
const firstRetryMs = 10_000;
const longestRetryMs = 3_600_000;

interface Failure {
  readonly id: string;
  readonly error: unknown;
}

/** What the queue is for. */
export interface Discarding {
  /** What is being done, for a log line. */
  readonly task: string;
  /** Does nothing for ids that are gone already. */
  discard(ids: readonly string[], call: CallContext): Promise<void>;
  /** Called when other ids than before could not be deleted. */
  readonly onFailed?: () => void;
}

/**
 * Deletes the files of removed snapshots in the background, one batch at a time, when no more snapshots are being removed:
 * a caller that removes one after the other shares the processors and the file system's journal with this queue, and would
 * wait for it.
 *
 * What cannot be deleted is reported once, and tried again after a while, ever more rarely. What is left when the queue is
 * closed stays as an unrecorded directory, which the next start finds.
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
  readonly #failed = new Map<string, string>();
  #retryMs = firstRetryMs;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(work: Discarding, errors: BackgroundErrors) {
    this.#work = work;
    this.#errors = errors;
  }

  /** Queues ids and returns at once. Ids that come after `close` are left to the next start. */
  add(ids: readonly string[]): void {
    if (ids.length > 0) this.#lastAdded = performance.now();
    this.#queue(ids);
  }

  #queue(ids: Iterable<string>): void {
    if (this.#abort.signal.aborted) return;
    for (const id of ids) this.#waiting.add(id);
    if (this.#waiting.size > 0) this.#running ??= this.#run();
  }

  /**
   * Deletes at once, whatever is queued. What fails is kept for later, as what fails in the background.
   * @returns how many of the ids could not be deleted.
   * @throws CanceledError or DeadlineExceededError when the call is aborted.
   */
  deleteNow(ids: readonly string[], call: CallContext): Promise<number> {
    return this.#discard(ids, call);
  }

  /** Whether the files of this id are still to be deleted in the background, or being deleted there. */
  has(id: string): boolean {
    return this.#current.has(id) || this.#waiting.has(id);
  }

  /** What could not be deleted so far, with the reason. */
  get failed(): ReadonlyMap<string, string> {
    return this.#failed;
  }

  /** Resolves when everything queued so far is done, and what failed before was tried once more. */
  async drain(): Promise<void> {
    this.#queue(this.#failed.keys());
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
    clearTimeout(this.#retryTimer);
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
        await this.#discard(batch, { signal: this.#abort.signal });
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
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

  /** @returns how many of the ids could not be deleted. */
  async #discard(ids: readonly string[], call: CallContext): Promise<number> {
    if (ids.length === 0) return 0;
    const failures = await this.#failuresAmong(ids, call);
    const news = failures.filter(({ id }) => !this.#failed.has(id));
    const hasChanged = failures.length > 0 || ids.some((id) => this.#failed.has(id));
    for (const id of ids) this.#failed.delete(id);
    for (const { id, error } of failures) this.#failed.set(id, messageOf(error));
    const [first] = news;
    if (first !== undefined) {
      this.#errors.report(`${this.#work.task} ${news.map(({ id }) => id).join(', ')}`, first.error);
    }
    if (hasChanged) this.#work.onFailed?.();
    this.#retryLater();
    return failures.length;
  }

  /** Deletes all at once; where that fails, one by one, since nobody tells which of them it was. */
  async #failuresAmong(ids: readonly string[], call: CallContext): Promise<readonly Failure[]> {
    try {
      await this.#work.discard(ids, call);
      return [];
    } catch (error) {
      throwIfAborted(call.signal);
      if (ids.length === 1) return ids.map((id) => ({ id, error }));
    }
    const failures: Failure[] = [];
    for (const id of ids) failures.push(...(await this.#failuresAmong([id], call)));
    return failures;
  }

  #retryLater(): void {
    if (this.#failed.size === 0) this.#retryMs = firstRetryMs;
    if (this.#failed.size === 0 || this.#retryTimer !== undefined || this.#abort.signal.aborted) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#queue(this.#failed.keys());
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }
}
