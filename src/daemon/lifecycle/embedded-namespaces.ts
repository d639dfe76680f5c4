import { throwIfAborted } from '../../errors/index.js';
import type { EventExchange } from '../../events/index.js';
import type { ClientNamespaces } from '../../rpc/client/index.js';
import { PublishedNamespaces } from '../../rpc/services/index.js';
import { type CallContext, type Namespaces, noContext } from '../../snapshots/index.js';
import type { Logger } from '../logging/logger.js';

/** What the namespaces of a process are made of. */
export interface EmbeddedNamespacesParts {
  readonly namespaces: Namespaces;
  readonly events: EventExchange;
  readonly log: Logger;
}

/** The namespaces of Strata in this process, as a client has those of a daemon. */
export function embeddedNamespaces(parts: EmbeddedNamespacesParts): ClientNamespaces {
  const namespaces = new PublishedNamespaces(parts);
  const within = ({ signal }: CallContext = noContext): PublishedNamespaces => {
    throwIfAborted(signal);
    return namespaces;
  };
  return {
    get: async (name, call) => within(call).get(name),
    list: async (filter = '', call) => within(call).list(filter),
    create: async (namespace, call) => within(call).create(namespace),
    update: async (update, call) => within(call).update(update),
    delete: async (name, call) => within(call).delete(name),
  };
}
