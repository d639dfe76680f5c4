import { InvalidArgumentError } from '../../errors/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireNamespaces } from '../proto/index.js';
import { PublishedNamespaces, type PublishedNamespacesOptions, type ServedNamespace } from './published-namespaces.js';

/**
 * The service `containerd.services.namespaces.v1.Namespaces`. Unlike containerd's it reports an unknown namespace, heeds
 * the filter of List, answers Update with the result, and does not let an event that could not be published turn a change
 * that was made into an error.
 */
export function namespacesService(options: PublishedNamespacesOptions): GrpcService {
  const namespaces = new PublishedNamespaces(options);
  return defineService(wireNamespaces.NamespacesDefinition, {
    get: async ({ name }) => ({ namespace: toWire(await namespaces.get(name)) }),
    list: async ({ filter }) => ({ namespaces: (await namespaces.list(filter)).map(toWire) }),
    create: async (request) => {
      const namespace = given(request);
      await namespaces.create(namespace);
      return { namespace };
    },
    update: async (request) => {
      const namespace = given(request);
      const fieldpaths = request.updateMask ?? [];
      const changed = await namespaces.update({ ...namespace, ...(fieldpaths.length === 0 ? {} : { fieldpaths }) });
      return { namespace: toWire(changed) };
    },
    delete: async ({ name }) => {
      await namespaces.delete(name);
      return {};
    },
  });
}

function given({ namespace }: { readonly namespace: wireNamespaces.Namespace | undefined }): wireNamespaces.Namespace {
  if (namespace === undefined) throw new InvalidArgumentError('namespace is required');
  return namespace;
}

function toWire({ name, labels }: ServedNamespace): wireNamespaces.Namespace {
  return { name, labels: new Map(labels) };
}
