import type { AnyMessage } from '../../events/index.js';
import type { SnapshotEvent } from '../../snapshots/index.js';
import { decodeMessage, encodeMessage, type MessageType, wireImagePayloads, wirePayloads } from '../proto/index.js';

/** The payload of an event about a snapshot of a snapshotter. */
export function snapshotEventPayload(snapshotter: string, event: SnapshotEvent): AnyMessage {
  switch (event.topic) {
    case '/snapshot/prepare':
      return encode('SnapshotPrepare', wirePayloads.SnapshotPrepare, { ...event, snapshotter });
    case '/snapshot/commit':
      return encode('SnapshotCommit', wirePayloads.SnapshotCommit, { ...event, snapshotter });
    case '/snapshot/remove':
      return encode('SnapshotRemove', wirePayloads.SnapshotRemove, { ...event, snapshotter });
  }
}

/** The payload of `/namespaces/create`. */
export function namespaceCreateEvent(event: wirePayloads.NamespaceCreate): AnyMessage {
  return encode('NamespaceCreate', wirePayloads.NamespaceCreate, event);
}

/** The payload of `/namespaces/update`. */
export function namespaceUpdateEvent(event: wirePayloads.NamespaceUpdate): AnyMessage {
  return encode('NamespaceUpdate', wirePayloads.NamespaceUpdate, event);
}

/** The payload of `/namespaces/delete`. */
export function namespaceDeleteEvent(event: wirePayloads.NamespaceDelete): AnyMessage {
  return encode('NamespaceDelete', wirePayloads.NamespaceDelete, event);
}

function encode<T>(name: string, type: MessageType<T>, event: T): AnyMessage {
  return { typeUrl: `containerd.events.${name}`, value: encodeMessage(type, event) };
}

/** A decoded payload: what filters see of each field, by the field's name in the description of the message. */
interface Payload {
  readonly [field: string]: PayloadField;
}
/** Text, labels, or an event inside the event. */
type PayloadField = string | Map<string, string> | Payload | AnyMessage | undefined;

function payload<T extends { readonly [K in keyof T]: PayloadField }>(
  type: MessageType<T>,
): (bytes: Uint8Array) => Payload {
  return (bytes) => ({ ...decodeMessage(type, bytes) });
}

const events = 'containerd.events.';
const images = 'containerd.services.images.v1.';

/** The types whose fields can be filtered on. Numbers cannot, in containerd neither. */
const payloads: ReadonlyMap<string, (bytes: Uint8Array) => Payload> = new Map([
  [`${events}SnapshotPrepare`, payload(wirePayloads.SnapshotPrepare)],
  [`${events}SnapshotCommit`, payload(wirePayloads.SnapshotCommit)],
  [`${events}SnapshotRemove`, payload(wirePayloads.SnapshotRemove)],
  [`${events}NamespaceCreate`, payload(wirePayloads.NamespaceCreate)],
  [`${events}NamespaceUpdate`, payload(wirePayloads.NamespaceUpdate)],
  [`${events}NamespaceDelete`, payload(wirePayloads.NamespaceDelete)],
  [`${events}ContainerCreate`, containerCreate],
  [`${events}ContainerUpdate`, containerUpdate],
  [`${events}ContainerDelete`, payload(wirePayloads.ContainerDelete)],
  [`${events}ContentCreate`, contentCreate],
  [`${events}ContentDelete`, payload(wirePayloads.ContentDelete)],
  [`${images}ImageCreate`, payload(wireImagePayloads.ImageCreate)],
  [`${images}ImageUpdate`, payload(wireImagePayloads.ImageUpdate)],
  [`${images}ImageDelete`, payload(wireImagePayloads.ImageDelete)],
]);

function containerCreate(bytes: Uint8Array): Payload {
  const { id, image, runtime } = decodeMessage(wirePayloads.ContainerCreate, bytes);
  return { id, image, runtime: runtime && { ...runtime } };
}

function containerUpdate(bytes: Uint8Array): Payload {
  const { id, image, labels, snapshotKey } = decodeMessage(wirePayloads.ContainerUpdate, bytes);
  return { id, image, labels, snapshot_key: snapshotKey };
}

function contentCreate(bytes: Uint8Array): Payload {
  const { digest, mediaType } = decodeMessage(wirePayloads.ContentCreate, bytes);
  return { digest, mediaType };
}

/** Each event is decoded once, however many subscribers have filters that look into it. */
const decoded = new WeakMap<AnyMessage, Payload>();
const nothing: Payload = {};

function payloadOf(event: AnyMessage): Payload {
  const known = decoded.get(event);
  if (known !== undefined) return known;
  const found = decodePayload(event);
  decoded.set(event, found);
  return found;
}

function decodePayload({ typeUrl, value }: AnyMessage): Payload {
  const decode = payloads.get(typeUrl.slice(typeUrl.lastIndexOf('/') + 1));
  if (decode === undefined) return nothing;
  try {
    return decode(value);
  } catch {
    // Anybody may publish anything under any name; what cannot be read has no fields.
    return nothing;
  }
}

/**
 * The value of a field of an event, for filters: `['key']`, `['labels', 'a', 'b']` for the label `a.b`,
 * `['runtime', 'name']`. Undefined when the event has no such field, the field is empty, or the type is not known; the
 * name of the type may have a prefix that ends in a slash (containerd: api/events/*_fieldpath.pb.go).
 */
export function readPayload(event: AnyMessage, fieldpath: readonly string[]): string | undefined {
  return readField(payloadOf(event), fieldpath);
}

function readField(fields: Payload, fieldpath: readonly string[]): string | undefined {
  const [first, ...rest] = fieldpath;
  if (first === undefined || !Object.hasOwn(fields, first)) return undefined;
  const field = fields[first];
  if (field === undefined || field === '') return undefined;
  if (typeof field === 'string') return field;
  if (field instanceof Map) return field.get(rest.join('.'));
  return isEvent(field) ? readPayload(field, rest) : readField(field, rest);
}

function isEvent(field: object): field is AnyMessage {
  return 'typeUrl' in field && 'value' in field && field.value instanceof Uint8Array;
}
