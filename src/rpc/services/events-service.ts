import { InvalidArgumentError } from '../../errors/index.js';
import type { AnyMessage, Envelope, EventExchange } from '../../events/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { type Envelope as WireEnvelope, wireEvents } from '../proto/index.js';

/** What the service needs. */
export interface EventsServiceOptions {
  readonly events: Pick<EventExchange, 'publish' | 'forward' | 'subscribe'>;
}

const epoch = { seconds: 0, nanos: 0 };
const noEvent: AnyMessage = { typeUrl: '', value: new Uint8Array() };

/** The service `containerd.services.events.v1.Events`. Unlike containerd's, Subscribe keeps the class of its errors. */
export function eventsService({ events }: EventsServiceOptions): GrpcService {
  return defineService(
    wireEvents.EventsDefinition,
    {
      publish: async ({ topic, event }, call) => {
        await events.publish(topic, event ?? noEvent, call);
        return {};
      },
      forward: async ({ envelope }) => {
        if (envelope === undefined) throw new InvalidArgumentError('envelope is required');
        // Without a timestamp containerd 2 takes the start of 1970 too.
        await events.forward({ ...envelope, timestamp: envelope.timestamp ?? epoch });
        return {};
      },
      subscribe: async function* ({ filters }, { signal }) {
        const envelopes = events.subscribe(filters, signal === undefined ? {} : { signal });
        for await (const envelope of envelopes) yield toWire(envelope);
      },
    },
    { endless: ['subscribe'] },
  );
}

function toWire({ timestamp, namespace, topic, event }: Envelope): WireEnvelope {
  return { timestamp, namespace, topic, event };
}
