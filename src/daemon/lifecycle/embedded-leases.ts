import type { ClientLeases } from '../../rpc/client/index.js';
import { type CallContext, completedCall, noContext } from '../../snapshots/index.js';
import type { OwnMetadata } from '../parts/plugin-types.js';

/** The leases of this process, as a client of a daemon has them. @param namespace Of calls that name none. */
export function embeddedLeases({ leases, collections }: OwnMetadata, namespace: string): ClientLeases {
  const complete = (call: CallContext = noContext) => completedCall(call, { namespace });
  return {
    create: async (lease = {}, call) => leases.create(lease, complete(call)),
    async delete(id, { sync = false } = {}, call = noContext) {
      await leases.delete(id, complete(call));
      if (sync) await collections.collect({ signal: call.signal });
    },
    list: async (filters = [], call) => leases.list(filters, complete(call)),
    addResource: async (id, resource, call) => leases.addResource(id, resource, complete(call)),
    deleteResource: async (id, resource, call) => leases.deleteResource(id, resource, complete(call)),
    listResources: async (id, call) => leases.listResources(id, complete(call)),
  };
}
