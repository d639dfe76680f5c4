import { type CallContext, checkedFilters, noContext } from '../../snapshots/api/index.js';
import { type Any, type Envelope, wireEvents, wireMethod } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { EncodedEvent, EventEnvelope } from './event-envelope.js';
import type { MessageStream } from './message-stream.js';
import { type ReceivedEvent, receivedEvent } from './received-event.js';
import type { ClientEvents, EventSubscription } from './types.js';

const { EventsDefinition: service } = wireEvents;
const publishMethod = wireMethod(service, service.methods.publish);
const forwardMethod = wireMethod(service, service.methods.forward);
const subscribeMethod = wireMethod(service, service.methods.subscribe);

/** The events of the daemon behind a channel. */
export function clientEvents(channel: Channel): ClientEvents {
  return {
    publish: async (topic, event, call = noContext) => {
      await channel.unary(publishMethod, { topic, event: eventToWire(event) }, call);
    },
    forward: async ({ timestamp, namespace, topic, event }, call = noContext) => {
      const envelope = { timestamp, namespace, topic, event: event && eventToWire(event) };
      await channel.unary(forwardMethod, { envelope }, call);
    },
    subscribe: (filters = [], call = noContext) => {
      return new Subscription(channel.stream(subscribeMethod, { filters: [...checkedFilters(filters)] }, call), call);
    },
  };
}

class Subscription implements EventSubscription {
  readonly #envelopes: MessageStream<Envelope>;
  readonly #call: CallContext;

  constructor(envelopes: MessageStream<Envelope>, call: CallContext) {
    this.#envelopes = envelopes;
    this.#call = call;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedEvent, void, undefined> {
    try {
      for await (const envelope of this.#envelopes) yield receivedEvent(envelopeFromWire(envelope));
    } catch (thrown) {
      // Leaving the iteration ends the subscription.
      if (this.#call.signal?.aborted !== true) throw thrown;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#envelopes[Symbol.asyncDispose]();
  }
}

const epoch = { seconds: 0, nanos: 0 };

function envelopeFromWire({ timestamp = epoch, namespace, topic, event }: Envelope): EventEnvelope {
  return { timestamp, namespace, topic, event };
}

function eventToWire({ typeUrl, value }: EncodedEvent): Any {
  return { typeUrl, value };
}
