import { ResourceExhaustedError } from '../errors/index.js';
import type { Filter } from '../filters/index.js';
import type { Envelope } from './types.js';

/** A stream of events, from the moment it was asked for. Iterate it once. */
export interface Subscription extends AsyncIterable<Envelope>, AsyncDisposable {}

/** What a subscription is made of. */
export interface SubscriptionOptions {
  readonly filter: Filter;
  /** How many events may wait for a reader. */
  readonly limit: number;
  /** Ends it. */
  readonly signal: AbortSignal | undefined;
  /** Called once, when it has ended. */
  readonly onEnd: (subscription: QueuedSubscription) => void;
}

/**
 * One subscriber's queue. It is bounded: a subscriber that does not read loses its subscription, instead of growing the
 * daemon's memory for ever.
 */
export class QueuedSubscription implements Subscription {
  readonly #options: SubscriptionOptions;
  #waiting: Envelope[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: Error | undefined;
  readonly #abort = (): void => this.end();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    if (options.signal?.aborted === true) this.end();
  }

  get filter(): Filter {
    return this.#options.filter;
  }

  /** Queues an event; returns false when there was no room, which ends the subscription. */
  offer(envelope: Envelope): boolean {
    if (this.#ended) return true;
    if (this.#waiting.length >= this.#options.limit) {
      this.#failure = new ResourceExhaustedError(`subscriber is ${this.#options.limit} events behind`);
      this.end();
      return false;
    }
    this.#waiting.push(envelope);
    this.#wake?.();
    return true;
  }

  /** Ends it: what is queued is still delivered, unless it fell behind. Ending it again does nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    this.#options.onEnd(this);
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Envelope> {
    try {
      for (;;) {
        const batch = this.#waiting;
        this.#waiting = [];
        yield* batch;
        if (this.#waiting.length > 0) continue;
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#ended) return;
        await this.#somethingHappens();
      }
    } finally {
      this.end();
    }
  }

  async #somethingHappens(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end();
  }
}
