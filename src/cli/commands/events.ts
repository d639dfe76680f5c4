import type { EventEnvelope } from '../../rpc/client/index.js';
import { defineStream } from '../command.js';
import { escapeText } from '../output/escape.js';
import { toJson } from '../output/json.js';

interface ShownEvent {
  readonly time: string;
  readonly namespace: string;
  readonly topic: string;
  readonly type: string;
  /** The fields of the event; of a type that is not known, its bytes. */
  readonly event: object;
}

const MILLISECONDS = 1000;
const NANOSECOND_DIGITS = 9;

/** RFC 3339 with nanoseconds, which a `Date` does not have; `-` for a time beyond all calendars, as anybody may publish. */
function timeOf({ seconds, nanos }: EventEnvelope['timestamp']): string {
  const time = new Date(seconds * MILLISECONDS);
  if (Number.isNaN(time.getTime())) return '-';
  const upToSeconds = time.toISOString().slice(0, -'.000Z'.length);
  return `${upToSeconds}.${String(nanos).padStart(NANOSECOND_DIGITS, '0')}Z`;
}

/** What makes an object of the bytes of an event; undefined for a type that it does not know. */
type Decode = (event: NonNullable<EventEnvelope['event']>) => object | undefined;

function shownEvent({ timestamp, namespace, topic, event }: EventEnvelope, decodePayload: Decode): ShownEvent {
  const payload = event === undefined ? {} : (decodePayload(event) ?? { value: event.value });
  return { time: timeOf(timestamp), namespace, topic, type: event?.typeUrl ?? '', event: payload };
}

/** `strata events` */
export const events = defineStream<object, ShownEvent>({
  name: 'events',
  summary: 'print events as they happen',
  description: `Print events of all namespaces as they happen, until interrupted.

Filters are on topic, namespace and event.<field>; a topic must be quoted.`,
  arguments: [{ syntax: '[filter...]', description: 'which events; all when absent', mayBeEmpty: true }],
  examples: ['events', 'events \'topic=="/snapshot/commit"\'', 'events --json namespace==k8s.io'],
  async *run(context, { args }) {
    const client = await context.client();
    // Help for all commands needs none of the messages.
    const { decodePayload } = await import('../../rpc/proto/index.js');
    for await (const envelope of client.events.subscribe(args, context.call)) yield shownEvent(envelope, decodePayload);
  },
  print: ({ time, namespace, topic, event }) => escapeText(`${time} ${namespace} ${topic} ${toJson(event)}`),
});
