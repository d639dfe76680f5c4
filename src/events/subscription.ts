import { ResourceExhaustedError } from '../errors/index.js';
import type { Filter } from '../filters/index.js';
import type { Envelope } from './types.js';

/**
 * A stream of events, from the moment it was asked for. Iterate it once, or dispose of it: until then it keeps what
 * waits. It ends without an error when its signal is aborted, when it is disposed of, and, after what waits, when the
 * exchange is closed. It throws ResourceExhaustedError when its reader has fallen too far behind. To end it while a read
 * is waiting, abort the signal or dispose of it; the iterator's own `return` would wait for the next event.
 */
export interface Subscription extends AsyncIterable<Envelope>, AsyncDisposable {}

/** The parts of a subscription. */
export interface SubscriptionOptions {
  readonly filter: Filter;
  /** How many events, and bytes of their payloads, may wait for a reader. */
  readonly limits: { readonly events: number; readonly bytes: number };
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
  /** Where the oldest event stands in `#waiting`. */
  #head = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  readonly #abort = (): void => this.#cancel();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    options.signal?.addEventListener('abort', this.#abort, { once: true });
    if (options.signal?.aborted === true) this.#cancel();
  }

  get filter(): Filter {
    return this.#options.filter;
  }

  /** Queues an event. Returns how many were lost: none, or all that waited when there was no room, which ends it. */
  offer(envelope: Envelope): number {
    if (this.#ended) return 0;
    const { events, bytes } = this.#options.limits;
    this.#waiting.push(envelope);
    this.#bytes += sizeOf(envelope);
    if (this.#size > events) return this.fail(new ResourceExhaustedError(`subscriber is ${events} events behind`));
    if (this.#bytes > bytes)
      return this.fail(new ResourceExhaustedError(`subscriber is ${bytes} bytes of events behind`));
    this.#wake?.();
    return 0;
  }

  /** Ends it with an error for its reader. Drops the waiting events, to free their memory now, and returns how many they were. */
  fail(error: unknown): number {
    if (this.#ended) return 0;
    const lost = this.#size;
    this.#failure = { error };
    this.#cancel();
    return lost;
  }

  /** Ends it: what is queued is still delivered. Ending it again does nothing. */
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
        for (let next = this.#take(); next !== undefined; next = this.#take()) yield next;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#ended) return;
        await this.#somethingHappens();
      }
    } finally {
      this.#cancel();
    }
  }

  get #size(): number {
    return this.#waiting.length - this.#head;
  }

  #take(): Envelope | undefined {
    const next = this.#waiting[this.#head];
    if (next === undefined) return undefined;
    this.#head++;
    this.#bytes -= sizeOf(next);
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  /** Ends it and drops what waits. */
  #cancel(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#bytes = 0;
    this.end();
  }

  async #somethingHappens(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
  }
}

function sizeOf({ event }: Envelope): number {
  return event?.value.byteLength ?? 0;
}
