import { UnavailableError } from '../../errors/index.js';
import type { Collection } from '../api/collection.js';
import type { Collector } from './collector.js';

/** When collections run by themselves (containerd: plugins/gc/scheduler.go). */
export interface SchedulerSettings {
  /** The share of time, up to 0.5, that collections may take: the pause after one is as long as this asks. 0: a second. */
  readonly pauseThreshold: number;
  /** So many removals bring a collection on at once; 0: they wait for the pause. */
  readonly deletionThreshold: number;
  /** So many changes of any kind are followed by a collection, also when nothing was removed; 0: none are. */
  readonly mutationThreshold: number;
  /** Milliseconds that a collection brought on by removals waits. */
  readonly scheduleDelay: number;
  /** Milliseconds after the start until the first collection; 0: there is none. */
  readonly startupDelay: number;
}

/** What the scheduler needs. */
export interface SchedulerOptions {
  readonly collector: Pick<Collector, 'collect' | 'nextExpiry' | 'whyKept'>;
  readonly settings: SchedulerSettings;
  /** Told of each collection that was run by the scheduler. */
  readonly finished: (collection: Collection) => void;
  /** Told why one failed; another follows after a pause. */
  readonly failed: (error: unknown) => void;
}

/** What happened to the records. */
export type RecordChange = 'mutation' | 'deletion';

/** containerd counts a collection as one of at least five milliseconds, so that pauses are no shorter than 245 ms. */
const shortestMs = 5;
const fixedPauseMs = 1000;
/** Looks for what expires at least so often, in milliseconds: setTimeout takes no more than 24 days, and clocks are set. */
const longestLookMs = 3_600_000;

/**
 * Runs collections when there may be something to collect: after removals, after many changes, and when a lease or a
 * snapshot expires. While nothing changes and nothing expires, nothing runs.
 */
export class CollectionScheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #closing = new AbortController();
  #started = false;
  #deletions = 0;
  #mutations = 0;
  #pause: number;
  #timer: { readonly at: number; readonly handle: NodeJS.Timeout } | undefined;
  #running: Promise<unknown> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#pause = this.#pauseAfter(0);
  }

  /** Begins to run collections. */
  start(): void {
    this.#started = true;
    const { startupDelay } = this.#options.settings;
    if (startupDelay > 0) this.#runIn(startupDelay);
    else this.#awaitExpiry();
  }

  /** Something was changed. */
  note(change: RecordChange): void {
    this.#mutations++;
    if (change === 'deletion') this.#deletions++;
    if (!this.#started || this.#running !== undefined) return;
    this.#plan(() => this.#lookIn(fixedPauseMs));
  }

  /** Plans a collection if enough has changed. */
  #plan(otherwise: () => void): void {
    const { deletionThreshold, mutationThreshold, scheduleDelay } = this.#options.settings;
    if (deletionThreshold > 0 && this.#deletions >= deletionThreshold) this.#runIn(scheduleDelay);
    else if (this.#deletions > 0) this.#runIn(this.#pause);
    else if (mutationThreshold > 0 && this.#mutations >= mutationThreshold) this.#runIn(this.#pause);
    else otherwise();
  }

  /** A collection now, beside those that the scheduler runs. @throws UnavailableError after `close`; and as the collector. */
  async collect(options: Parameters<Collector['collect']>[0] = {}): Promise<Collection> {
    if (this.#closing.signal.aborted) throw new UnavailableError('the collection of garbage is closed');
    const signals = [this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])];
    return this.#options.collector.collect({ ...options, signal: AbortSignal.any(signals) });
  }

  /** What keeps a snapshot. Throws as the collector. */
  whyKept(snapshot: Parameters<Collector['whyKept']>[0]): ReturnType<Collector['whyKept']> {
    return this.#options.collector.whyKept(snapshot);
  }

  /** Runs no more, and waits for the one that runs. */
  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError('the collection of garbage is closed'));
    this.#clear();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    [this.#deletions, this.#mutations] = [0, 0];
    const start = performance.now();
    try {
      const collection = await this.#options.collector.collect({ signal: this.#closing.signal });
      this.#pause = this.#pauseAfter(performance.now() - start);
      this.#options.finished(collection);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#pause += fixedPauseMs;
      this.#deletions++;
      this.#options.failed(error);
    } finally {
      this.#running = undefined;
    }
    this.#plan(() => this.#awaitExpiry());
  }

  #pauseAfter(milliseconds: number): number {
    const threshold = Math.min(this.#options.settings.pauseThreshold, 0.5);
    const taken = Math.max(milliseconds, shortestMs);
    return threshold <= 0 ? fixedPauseMs : taken / threshold - taken;
  }

  #awaitExpiry(): void {
    if (this.#closing.signal.aborted) return;
    const wait = this.#options.collector.nextExpiry();
    if (wait !== undefined && wait <= longestLookMs) this.#runIn(wait);
    else if (wait !== undefined) this.#lookIn(longestLookMs);
  }

  #runIn(milliseconds: number): void {
    this.#in(milliseconds, () => {
      this.#running = this.#run();
    });
  }

  /** Looks whether anything expires, a while after a change that may have said so. */
  #lookIn(milliseconds: number): void {
    this.#in(milliseconds, () => this.#plan(() => this.#awaitExpiry()));
  }

  /** The earlier of what is planned stays. */
  #in(milliseconds: number, work: () => void): void {
    if (this.#closing.signal.aborted) return;
    const at = performance.now() + milliseconds;
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#clear();
    const handle = setTimeout(() => {
      this.#timer = undefined;
      work();
    }, milliseconds);
    handle.unref();
    this.#timer = { at, handle };
  }

  #clear(): void {
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
  }
}
