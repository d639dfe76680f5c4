import { ResourceExhaustedError } from '../errors/index.js';
import type { Envelope } from './event.js';
import { Queue } from './queue.js';

/**
 * The events that a subscriber asked for, from the moment of `subscribe` on, in the one order that all subscribers see.
 *
 * For one consumer: events go to whoever asks next. Iteration ends without an error when the signal is aborted, when
 * the subscription is disposed of or left by `break`, and, after the events that wait, when the exchange is closed.
 * It throws ResourceExhausted once the subscriber has fallen too far behind. A subscription that is neither read nor
 * ended keeps its queue: dispose of what is not iterated.
 */
export interface Subscription extends AsyncIterable<Envelope>, AsyncDisposable {}

/** How far a subscriber may fall behind. */
export interface QueueLimits {
  /** Events that wait. */
  readonly events: number;
  /** Bytes of the payloads that wait. */
  readonly bytes: number;
}

/** What a queue needs to know of its surroundings. */
export interface SubscriptionOptions {
  readonly limits: QueueLimits;
  readonly signal: AbortSignal | undefined;
  /** Called once, when no more events are wanted. */
  readonly onEnd: (subscription: QueuedSubscription) => void;
  /** Called with the number of events that were meant for the subscriber and will not reach it. */
  readonly onDrop: (events: number) => void;
}

type Result = IteratorResult<Envelope, undefined>;

const done: Result = { done: true, value: undefined };

interface Waiter {
  resolve(result: Result): void;
}

/** A subscription and the queue behind it. */
export class QueuedSubscription implements Subscription {
  readonly #options: SubscriptionOptions;
  readonly #queue = new Queue<Envelope>();
  readonly #waiters = new Queue<Waiter>();
  readonly #onAbort = (): void => this.end();
  #bytes = 0;
  #open = true;
  /** Why it ended, until the consumer has been told. */
  #error: unknown;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    if (options.signal?.aborted === true) this.#open = false;
    else options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether it takes events. */
  get open(): boolean {
    return this.#open;
  }

  /** Adds an event; never waits. Beyond the limits the subscription fails instead. */
  push(envelope: Envelope): void {
    if (!this.#open) return;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) return waiter.resolve({ done: false, value: envelope });
    this.#queue.push(envelope);
    this.#bytes += sizeOf(envelope);
    const { events, bytes } = this.#options.limits;
    if (this.#queue.size > events) this.fail(tooSlow(`${events} events`));
    else if (this.#bytes > bytes) this.fail(tooSlow(`${bytes} bytes of events`));
  }

  /** Ends it with an error for the consumer. What waits is dropped, to free its memory at once. */
  fail(error: unknown): void {
    if (!this.#open) return;
    this.#options.onDrop(this.#queue.size);
    this.end();
    this.#error = error;
  }

  /** Ends it at once; what waits is not delivered. */
  end(): void {
    this.#clear();
    this.finish();
  }

  /** Takes no more events; what waits is still delivered. */
  finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#options.onEnd(this);
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) waiter.resolve(done);
  }

  [Symbol.asyncIterator](): AsyncIterator<Envelope, undefined> {
    return {
      next: () => this.#next(),
      return: () => {
        this.end();
        return Promise.resolve(done);
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  #next(): Promise<Result> {
    const value = this.#queue.shift();
    if (value !== undefined) {
      this.#bytes -= sizeOf(value);
      return Promise.resolve({ done: false, value });
    }
    if (this.#open) return new Promise((resolve) => this.#waiters.push({ resolve }));
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve(done) : Promise.reject(error);
  }

  #clear(): void {
    this.#queue.clear();
    this.#bytes = 0;
  }
}

function sizeOf({ event }: Envelope): number {
  return event?.value.byteLength ?? 0;
}

function tooSlow(limit: string): ResourceExhaustedError {
  return new ResourceExhaustedError(`subscription error: subscriber is more than ${limit} behind`);
}
