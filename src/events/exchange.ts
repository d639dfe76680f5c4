import { identifierProblem } from '../base/index.js';
import { FailedPreconditionError, InvalidArgumentError, UnavailableError, withContext } from '../errors/index.js';
import { type BadExpression, type FieldReader, parseFilters } from '../filters/index.js';
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
  /** Events that waited for such a reader and never reached it. */
  readonly dropped: number;
  readonly subscribers: number;
}

/** The exchange: what is published reaches every subscriber whose filters match, in one order for all. */
export interface EventExchange extends EventPublisher, AsyncDisposable {
  readonly counters: EventCounters;
  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void;
  /**
   * Sends an envelope that somebody else made, as it is.
   * @throws InvalidArgumentError for a malformed namespace or topic, or a timestamp that was never set.
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
   * How many events may wait for one subscriber; 16,384 by default. containerd's queues have no limit: there a client that stops
   * reading makes the daemon grow until it is killed. Here that client loses its stream, with an error.
   */
  readonly queueLimit?: number;
  /** The same in bytes of payload, since a client may publish large events; 64 MiB by default. */
  readonly queueBytes?: number;
  /** Told of a regular expression in a subscriber's filter that is malformed, and so matches nothing. */
  readonly onBadExpression?: (bad: BadExpression) => void;
}

const defaultQueueLimit = 16_384;
const defaultQueueBytes = 64 * 1024 * 1024;

/** Seconds of the first day of the year 1: a timestamp that was never set, as containerd writes it. */
const unsetSeconds = -62_135_596_800;

/** Makes an exchange. */
export function createEventExchange(options: EventExchangeOptions): EventExchange {
  return new Exchange(options);
}

class Exchange implements EventExchange {
  readonly #options: EventExchangeOptions;
  readonly #subscriptions = new Set<QueuedSubscription>();
  #published = 0;
  #overrun = 0;
  #dropped = 0;
  #closed = false;

  constructor(options: EventExchangeOptions) {
    this.#options = options;
  }

  get counters(): EventCounters {
    return {
      published: this.#published,
      overrun: this.#overrun,
      dropped: this.#dropped,
      subscribers: this.#subscriptions.size,
    };
  }

  publish(topic: string, event: AnyMessage, call: { readonly namespace?: string }): void {
    const namespace = call.namespace ?? '';
    inContext('failed publishing event', () => requireNamespace(namespace));
    validateTopic(topic);
    this.#broadcast({ timestamp: timestampOf(this.#options.now?.() ?? new Date()), namespace, topic, event });
  }

  forward(envelope: Envelope): void {
    requireIdentifier(envelope.namespace, 'event envelope has invalid namespace');
    validateTopic(envelope.topic);
    const { seconds, nanos } = envelope.timestamp;
    if (seconds === unsetSeconds && nanos === 0)
      throw new InvalidArgumentError('timestamp must be set on forwarded event');
    this.#broadcast(envelope);
  }

  subscribe(filters: readonly string[], options: { readonly signal?: AbortSignal | undefined } = {}): Subscription {
    if (this.#closed) throw new UnavailableError('event exchange is closed');
    const { onBadExpression, queueLimit = defaultQueueLimit, queueBytes = defaultQueueBytes } = this.#options;
    const filter = inContext('subscription error: failed parsing subscription filters', () =>
      parseFilters(filters, onBadExpression === undefined ? {} : { onBadExpression }),
    );
    const subscription = new QueuedSubscription({
      filter,
      limits: { events: queueLimit, bytes: queueBytes },
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
      this.#offer(subscription, envelope, read);
    }
  }

  #offer(subscription: QueuedSubscription, envelope: Envelope, read: FieldReader): void {
    try {
      if (!subscription.filter.matches(read)) return;
    } catch (error) {
      // An error in one subscriber's filter concerns neither the publisher nor the other subscribers.
      this.#dropped += subscription.fail(error);
      return;
    }
    const lost = subscription.offer(envelope);
    if (lost > 0) this.#overrun++;
    this.#dropped += lost;
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
  requireIdentifier(namespace, 'namespace validation');
}

function requireIdentifier(identifier: string, context: string): void {
  const problem = identifierProblem(identifier);
  if (problem !== undefined) throw new InvalidArgumentError(`${context}: ${problem}`);
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
