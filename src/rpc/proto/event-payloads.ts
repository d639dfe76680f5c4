import { decodeMessage, type MessageType } from './codec.js';
import * as images from './generated/image_payloads.js';
import * as events from './generated/payloads.js';

/** The types of events, by their full names, as they stand in an event's type URL. */
const payloadTypes: ReadonlyMap<string, MessageType<object>> = new Map<string, MessageType<object>>([
  ['containerd.events.SnapshotPrepare', events.SnapshotPrepare],
  ['containerd.events.SnapshotCommit', events.SnapshotCommit],
  ['containerd.events.SnapshotRemove', events.SnapshotRemove],
  ['containerd.events.NamespaceCreate', events.NamespaceCreate],
  ['containerd.events.NamespaceUpdate', events.NamespaceUpdate],
  ['containerd.events.NamespaceDelete', events.NamespaceDelete],
  ['containerd.events.ContainerCreate', events.ContainerCreate],
  ['containerd.events.ContainerUpdate', events.ContainerUpdate],
  ['containerd.events.ContainerDelete', events.ContainerDelete],
  ['containerd.events.ContentCreate', events.ContentCreate],
  ['containerd.events.ContentDelete', events.ContentDelete],
  ['containerd.services.images.v1.ImageCreate', images.ImageCreate],
  ['containerd.services.images.v1.ImageUpdate', images.ImageUpdate],
  ['containerd.services.images.v1.ImageDelete', images.ImageDelete],
]);

/**
 * The message inside an event. Undefined when its type is not known or its bytes are no such message: anybody may
 * publish anything under any name. The name of the type may have a prefix that ends in a slash.
 */
export function decodePayload(event: { readonly typeUrl: string; readonly value: Uint8Array }): object | undefined {
  const type = payloadTypes.get(event.typeUrl.slice(event.typeUrl.lastIndexOf('/') + 1));
  if (type === undefined) return undefined;
  try {
    return decodeMessage(type, event.value);
  } catch {
    return undefined;
  }
}
