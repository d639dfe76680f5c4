/** Events as subscribers get them: with their payload decoded, typed by their topic. */
import { decodePayload } from '../proto/index.js';
import type { EventEnvelope } from './event-envelope.js';

/** What the events of Strata tell, by their topics. Labels are a map. */
export interface EventPayloads {
  readonly '/snapshot/prepare': { readonly key: string; readonly parent: string; readonly snapshotter: string };
  readonly '/snapshot/commit': { readonly key: string; readonly name: string; readonly snapshotter: string };
  readonly '/snapshot/remove': { readonly key: string; readonly snapshotter: string };
  readonly '/namespaces/create': { readonly name: string; readonly labels: ReadonlyMap<string, string> };
  readonly '/namespaces/update': { readonly name: string; readonly labels: ReadonlyMap<string, string> };
  readonly '/namespaces/delete': { readonly name: string };
}

/** A topic of Strata's own events. */
export type KnownTopic = keyof EventPayloads;

/** An event with a topic of Strata's own. */
type KnownEvent = {
  readonly [Topic in KnownTopic]: EventEnvelope & {
    readonly topic: Topic;
    /** Undefined where the bytes are something else: anybody may publish anything under any topic. */
    readonly payload: EventPayloads[Topic] | undefined;
  };
}[KnownTopic];

/** An event of another publisher, such as containerd: its bytes are all that is known of it. */
type OtherEvent = EventEnvelope & { readonly payload: undefined };

/**
 * An event, with its payload decoded. Its topic tells what the payload is:
 * `if (event.topic === '/snapshot/prepare') console.log(event.payload?.key)`.
 */
export type ReceivedEvent = KnownEvent | OtherEvent;

const typeNames: Readonly<Record<KnownTopic, string>> = {
  '/snapshot/prepare': 'containerd.events.SnapshotPrepare',
  '/snapshot/commit': 'containerd.events.SnapshotCommit',
  '/snapshot/remove': 'containerd.events.SnapshotRemove',
  '/namespaces/create': 'containerd.events.NamespaceCreate',
  '/namespaces/update': 'containerd.events.NamespaceUpdate',
  '/namespaces/delete': 'containerd.events.NamespaceDelete',
};

const typeNameOf: ReadonlyMap<string, string> = new Map(Object.entries(typeNames));

/** An event with its payload decoded. */
export function receivedEvent(envelope: EventEnvelope): ReceivedEvent {
  const { event, topic } = envelope;
  const wanted = typeNameOf.get(topic);
  const found = event?.typeUrl.slice(event.typeUrl.lastIndexOf('/') + 1);
  const payload = event !== undefined && wanted === found ? decodePayload(event) : undefined;
  // A payload of the type that belongs to the topic has its fields; the generated decoder sees to that.
  return { ...envelope, payload } as ReceivedEvent;
}
