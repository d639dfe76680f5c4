import type { FieldReader } from '../filters/index.js';
import type { AnyMessage, Envelope } from './event.js';

/**
 * Gives the value of a field inside an event, such as `['key']` or `['labels', 'a']`; undefined when the event has no
 * such field, its type is not known or its bytes are damaged. Called once per event and selector: decode once.
 */
export type PayloadReader = (event: AnyMessage, fieldpath: readonly string[]) => string | undefined;

/**
 * The fields that filters see of an event: `namespace`, `topic`, and `event.<field path>` of the payload. An empty
 * value counts as absent; the timestamp is no field (containerd: core/events/events.go).
 */
export function envelopeFields({ namespace, topic, event }: Envelope, readPayload: PayloadReader): FieldReader {
  return ([first, ...rest]) => {
    switch (first) {
      case 'namespace':
        return namespace || undefined;
      case 'topic':
        return topic || undefined;
      case 'event':
        return event && readPayload(event, rest);
      default:
        return undefined;
    }
  };
}
