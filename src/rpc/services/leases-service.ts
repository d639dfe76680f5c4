import { InvalidArgumentError } from '../../errors/index.js';
import type { Lease, Leases } from '../../snapshots/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireLeases } from '../proto/index.js';
import { timestampToWire } from './convert.js';

/** What the service needs. */
export interface LeasesServiceOptions {
  readonly leases: Leases;
  /** Collects what nothing keeps, and resolves when it is gone. */
  readonly collect: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/** The service `containerd.services.leases.v1.Leases`. */
export function leasesService({ leases, collect }: LeasesServiceOptions): GrpcService {
  return defineService(wireLeases.LeasesDefinition, {
    create: async (request, call) => ({ lease: toWire(await leases.create(request, call)) }),
    delete: async ({ id, sync }, call) => {
      await leases.delete(id, call);
      if (sync) await collect(call.signal);
      return {};
    },
    list: async ({ filters }, call) => ({ leases: (await leases.list(filters, call)).map(toWire) }),
    addResource: async ({ id, resource }, call) => {
      await leases.addResource(id, given(resource), call);
      return {};
    },
    deleteResource: async ({ id, resource }, call) => {
      await leases.deleteResource(id, given(resource), call);
      return {};
    },
    listResources: async ({ id }, call) => ({ resources: await leases.listResources(id, call) }),
  });
}

function given(resource: wireLeases.Resource | undefined): wireLeases.Resource {
  if (resource === undefined) throw new InvalidArgumentError('resource is required');
  return resource;
}

function toWire({ id, created, labels }: Lease): wireLeases.Lease {
  return { id, createdAt: timestampToWire(created), labels: new Map(labels) };
}
