import { InternalError } from '../../errors/index.js';
import { type Lease, noContext } from '../../snapshots/api/index.js';
import { wireLeases, wireMethod } from '../proto/index.js';
import type { Channel } from './channel.js';
import { dateFromWire } from './convert.js';
import type { ClientLeases } from './types.js';

const { LeasesDefinition: service } = wireLeases;
const methods = {
  create: wireMethod(service, service.methods.create),
  delete: wireMethod(service, service.methods.delete),
  list: wireMethod(service, service.methods.list),
  addResource: wireMethod(service, service.methods.addResource),
  deleteResource: wireMethod(service, service.methods.deleteResource),
  listResources: wireMethod(service, service.methods.listResources),
};

/** The leases of the daemon behind a channel. */
export function clientLeases(channel: Channel): ClientLeases {
  return {
    create: async ({ id = '', labels = new Map() } = {}, call = noContext) => {
      const { lease } = await channel.unary(methods.create, { id, labels: new Map(labels) }, call);
      if (lease === undefined) throw new InternalError('the answer holds no lease');
      return fromWire(lease);
    },
    delete: async (id, { sync = false } = {}, call = noContext) => {
      await channel.unary(methods.delete, { id, sync }, call);
    },
    list: async (filters = [], call = noContext) =>
      (await channel.unary(methods.list, { filters: [...filters] }, call)).leases.map(fromWire),
    addResource: async (id, resource, call = noContext) => {
      await channel.unary(methods.addResource, { id, resource }, call);
    },
    deleteResource: async (id, resource, call = noContext) => {
      await channel.unary(methods.deleteResource, { id, resource }, call);
    },
    listResources: async (id, call = noContext) => (await channel.unary(methods.listResources, { id }, call)).resources,
  };
}

function fromWire({ id, createdAt, labels }: wireLeases.Lease): Lease {
  return { id, created: dateFromWire(createdAt), labels };
}
