import { UnavailableError, withContext } from '../errors/index.js';
import { type BadExpression, type Filter, type ParseFiltersOptions, parseFilters } from '../filters/index.js';
import { envelopeFields, type PayloadReader } from './envelope-fields.js';
import type { AnyMessage, Envelope, EventPublisher, Timestamp } from './event.js';
import { QueuedSubscription, type QueueLimits, type Subscription } from './subscription.js';
import { requireNamespace, validateEnvelope, validateTopic } from './validate.js';

/** What the exchange has done since it was made. */
export interface ExchangeCounters {
  /** Events that were published or forwarded. */
  readonly published: number;
  /** Events that were meant for a subscriber and did not reach it, because it had fallen too far behind. */
  readonly dropped: number;
  /** Subscriptions that take events now. */
  readonly subscribers: number;
}

/**
 * Hands events from publishers to subscribers, at most once, in memory. All subscribers see one order, that of the
 * publishing. Nobody who publishes waits for anybody who listens.
 */
export interface EventExchange extends EventPublisher, AsyncDisposable {
  /** See {@link EventPublisher.publish}; synchronous here. The cost is that of every subscriber's filter. */
  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void;
  /**
   * Hands out an event from elsewhere, as it is.
   * @throws InvalidArgumentError for a malformed namespace or topic, or a timestamp that was never set.
   * @throws UnavailableError after `close`.
   */
  forward(envelope: Envelope): void;
  /**
   * Listens to events of all namespaces that match any of the filters, or to all events when there are no filters.
   * Filters see `namespace`, `topic` and `event.<field path>`. An event that is published after this returns is
   * delivered, even when iteration begins later; earlier ones are not.
   * @throws InvalidArgumentError for a filter that cannot be parsed.
   * @throws UnavailableError after `close`.
   */
  subscribe(filters: readonly string[], options?: { readonly signal?: AbortSignal }): Subscription;
  /** For metrics. */
  counters(): ExchangeCounters;
  /** Refuses further calls. Subscriptions deliver what waits and end. Calling it again does nothing. */
  close(): Promise<void>;
}

/** What an exchange is made of. */
export interface EventExchangeOptions {
  /** How filters look into payloads. */
  readonly readPayload: PayloadReader;
  /** The clock; by default the system's, to the millisecond. */
  readonly now?: () => Timestamp;
  /**
   * How many events a subscriber may fall behind before its subscription fails; 16,384 by default. containerd's queue
   * has no bound: there a client that stops reading makes the daemon grow until it is killed. Losing that one client's
   * stream, with an error it can see, is the lesser harm; it may subscribe again.
   */
  readonly queueLimit?: number;
  /** The same in bytes of payload, since a client may publish large events; 64 MiB by default. */
  readonly queueBytes?: number;
  /** Told of a regular expression in a subscriber's filter that is malformed, and so matches nothing. */
  readonly onBadExpression?: (bad: BadExpression) => void;
}

const DEFAULT_QUEUE_EVENTS = 16_384;
const DEFAULT_QUEUE_BYTES = 64 * 1024 * 1024;

/**
 * Makes an exchange without subscribers.
 *
 * @example Listening to one namespace
 * ```ts
 * await using exchange = createEventExchange({ readPayload });
 * for await (const { topic } of exchange.subscribe(['namespace==k8s.io'], { signal })) log(topic);
 * ```
 */
export function createEventExchange(options: EventExchangeOptions): EventExchange {
  return new Exchange(options);
}

class Exchange implements EventExchange {
  readonly #readPayload: PayloadReader;
  readonly #now: () => Timestamp;
  readonly #limits: QueueLimits;
  readonly #parsing: ParseFiltersOptions;
  readonly #subscriptions = new Map<QueuedSubscription, Filter>();
  #published = 0;
  #dropped = 0;
  #closed = false;

  constructor(options: EventExchangeOptions) {
    const { queueLimit: events = DEFAULT_QUEUE_EVENTS, queueBytes: bytes = DEFAULT_QUEUE_BYTES } = options;
    this.#readPayload = options.readPayload;
    this.#now = options.now ?? systemTime;
    this.#limits = { events, bytes };
    this.#parsing = options.onBadExpression === undefined ? {} : { onBadExpression: options.onBadExpression };
  }

  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void {
    const namespace = requireNamespace(call.namespace);
    validateTopic(topic);
    this.#broadcast({ timestamp: this.#now(), namespace, topic, event });
  }

  forward(envelope: Envelope): void {
    validateEnvelope(envelope);
    this.#broadcast(envelope);
  }

  subscribe(filters: readonly string[], { signal }: { readonly signal?: AbortSignal } = {}): Subscription {
    this.#refuseClosed();
    const filter = this.#parse(filters);
    const subscription = new QueuedSubscription({
      limits: this.#limits,
      signal,
      onEnd: (ended) => void this.#subscriptions.delete(ended),
      onDrop: (events) => {
        this.#dropped += events;
      },
    });
    if (subscription.open) this.#subscriptions.set(subscription, filter);
    return subscription;
  }

  counters(): ExchangeCounters {
    return { published: this.#published, dropped: this.#dropped, subscribers: this.#subscriptions.size };
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const subscription of this.#subscriptions.keys()) subscription.finish();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #parse(filters: readonly string[]): Filter {
    try {
      return parseFilters(filters, this.#parsing);
    } catch (error) {
      throw withContext(error, 'subscription error: failed parsing subscription filters');
    }
  }

  #broadcast(envelope: Envelope): void {
    this.#refuseClosed();
    this.#published++;
    const read = envelopeFields(envelope, this.#readPayload);
    for (const [subscription, filter] of this.#subscriptions) {
      try {
        if (filter.matches(read)) subscription.push(envelope);
      } catch (error) {
        // What one subscriber's filter runs into is neither the publisher's business nor that of the other subscribers.
        subscription.fail(error);
      }
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new UnavailableError('event exchange is closed');
  }
}

function systemTime(): Timestamp {
  const milliseconds = Date.now();
  const seconds = Math.floor(milliseconds / 1_000);
  return { seconds, nanos: (milliseconds - seconds * 1_000) * 1_000_000 };
}
