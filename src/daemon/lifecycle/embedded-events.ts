import type { EventExchange, Subscription } from '../../events/index.js';
import {
  type ClientEvents,
  type EventSubscription,
  type ReceivedEvent,
  receivedEvent,
} from '../../rpc/client/index.js';
import { checkedFilters } from '../../snapshots/api/index.js';
import { type CallContext, noContext } from '../../snapshots/index.js';

/** The events of Strata in this process, as a client has those of a daemon. */
export function embeddedEvents(exchange: EventExchange, namespace: string): ClientEvents {
  return {
    publish: async (topic, event, call = noContext) => {
      exchange.publish(topic, event, { namespace: call.namespace ?? namespace });
    },
    forward: async (envelope) => exchange.forward(envelope),
    subscribe: (filters, { signal }: CallContext = noContext) => {
      try {
        return new Decoded(exchange.subscribe(checkedFilters(filters), { signal }));
      } catch (error) {
        return refused(error);
      }
    },
  };
}

/** A subscription that could not be made; a client of a daemon learns that from its iteration. */
function refused(error: unknown): EventSubscription {
  return {
    // biome-ignore lint/correctness/useYield: it throws before there is anything to give
    async *[Symbol.asyncIterator]() {
      throw error;
    },
    async [Symbol.asyncDispose](): Promise<void> {},
  };
}

class Decoded implements EventSubscription {
  readonly #envelopes: Subscription;

  constructor(envelopes: Subscription) {
    this.#envelopes = envelopes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedEvent, void, undefined> {
    for await (const envelope of this.#envelopes) yield receivedEvent(envelope);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#envelopes[Symbol.asyncDispose]();
  }
}
