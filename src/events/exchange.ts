import { FailedPreconditionError, UnavailableError, withContext } from '../errors/index.js';
import { type FieldReader, type Filter, parseFilters } from '../filters/index.js';
import { validateIdentifier } from '../identifiers/index.js';
import { QueuedSubscription, type Subscription } from './subscription.js';
import { validateTopic } from './topic.js';
import type { AnyMessage, Envelope, Timestamp } from './types.js';

/** Somewhere to publish. */
export interface EventPublisher {
  /**
   * Sends an event to everyone who has subscribed to it by now. Never waits for them.
   * @throws FailedPreconditionError without a namespace; InvalidArgumentError for a malformed namespace or topic.
   */
  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void | Promise<void>;
}

/** How many events went where. */
export interface EventCounters {
  readonly published: number;
  /** Subscriptions that ended because their reader fell behind. */
  readonly overrun: number;
  readonly subscribers: number;
}

/** The exchange: what is published reaches every subscriber whose filters match, in one order for all. */
export interface EventExchange extends EventPublisher, AsyncDisposable {
  readonly counters: EventCounters;
  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void;
  /**
   * Sends an envelope that somebody else made, as it is.
   * @throws InvalidArgumentError for a malformed namespace or topic.
   */
  forward(envelope: Envelope): void;
  /**
   * Subscribes: every event from now on that matches one of the filters, of all namespaces; none means all. Aborting
   * the signal, or leaving the iteration, ends it.
   * @throws InvalidArgumentError for a filter that cannot be parsed. The iteration throws ResourceExhaustedError when
   * its reader falls too far behind.
   */
  subscribe(filters: readonly string[], options?: { readonly signal?: AbortSignal | undefined }): Subscription;
  /** Ends all subscriptions, and takes no more events. */
  close(): Promise<void>;
}

/** What the exchange depends on. */
export interface EventExchangeOptions {
  /** The value of a field of an encoded event; undefined when it has none or the type is unknown. */
  readonly readPayload: (event: AnyMessage, fieldpath: readonly string[]) => string | undefined;
  readonly now?: () => Date;
  /**
   * How many events may wait for one subscriber. containerd's queues have no limit. Default 16,384, some megabytes at
   * the worst.
   */
  readonly queueLimit?: number;
}

const defaultQueueLimit = 16_384;

/** Makes an exchange. */
export function createEventExchange(options: EventExchangeOptions): EventExchange {
  return new Exchange(options);
}

class Exchange implements EventExchange {
  readonly #options: EventExchangeOptions;
  readonly #subscriptions = new Set<QueuedSubscription>();
  #published = 0;
  #overrun = 0;
  #closed = false;

  constructor(options: EventExchangeOptions) {
    this.#options = options;
  }

  get counters(): EventCounters {
    return { published: this.#published, overrun: this.#overrun, subscribers: this.#subscriptions.size };
  }

  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void {
    const namespace = call.namespace ?? '';
    inContext('failed publishing event', () => {
      requireNamespace(namespace);
      validateTopic(topic);
    });
    this.#broadcast({ timestamp: timestampOf(this.#options.now?.() ?? new Date()), namespace, topic, event });
  }

  forward(envelope: Envelope): void {
    inContext('event envelope has invalid namespace', () => validateIdentifier(envelope.namespace));
    validateTopic(envelope.topic);
    this.#broadcast(envelope);
  }

  subscribe(filters: readonly string[], options: { readonly signal?: AbortSignal | undefined } = {}): Subscription {
    if (this.#closed) throw new UnavailableError('event exchange is closed');
    const filter = inContext('subscription error: failed parsing subscription filters', () => parseFilters(filters));
    const subscription = new QueuedSubscription({
      filter,
      limit: this.#options.queueLimit ?? defaultQueueLimit,
      signal: options.signal,
      onEnd: (ended) => this.#subscriptions.delete(ended),
    });
    if (options.signal?.aborted !== true) this.#subscriptions.add(subscription);
    return subscription;
  }

  #broadcast(envelope: Envelope): void {
    if (this.#closed) throw new UnavailableError('event exchange is closed');
    this.#published++;
    const read = this.#fields(envelope);
    for (const subscription of [...this.#subscriptions]) {
      if (this.#matches(subscription.filter, read) && !subscription.offer(envelope)) this.#overrun++;
    }
  }

  #matches(filter: Filter, read: FieldReader): boolean {
    return filter.matchesAll || filter.matches(read);
  }

  /** The fields that filters see: `namespace`, `topic` and `event.<field>`; an empty value counts as absent. */
  #fields({ namespace, topic, event }: Envelope): FieldReader {
    return ([field, ...rest]) => {
      if (field === 'namespace') return namespace === '' ? undefined : namespace;
      if (field === 'topic') return topic === '' ? undefined : topic;
      return field === 'event' && event !== undefined ? this.#options.readPayload(event, rest) : undefined;
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const subscription of [...this.#subscriptions]) subscription.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function requireNamespace(namespace: string): void {
  if (namespace === '') throw new FailedPreconditionError('namespace is required');
  inContext('namespace validation', () => validateIdentifier(namespace));
}

function inContext<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withContext(error, context);
  }
}

const millisecond = 1e6;
const second = 1000;

/** A moment as an envelope carries it. */
export function timestampOf(date: Date): Timestamp {
  const seconds = Math.floor(date.getTime() / second);
  return { seconds, nanos: (date.getTime() - seconds * second) * millisecond };
}
