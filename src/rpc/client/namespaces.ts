import { InternalError } from '../../errors/index.js';
import { checkedKey, checkedLabels, noContext } from '../../snapshots/api/index.js';
import { wireMethod, wireNamespaces } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { ClientNamespace, ClientNamespaces, GivenNamespace } from './types.js';

const { NamespacesDefinition: service } = wireNamespaces;
const methods = {
  get: wireMethod(service, service.methods.get),
  list: wireMethod(service, service.methods.list),
  create: wireMethod(service, service.methods.create),
  update: wireMethod(service, service.methods.update),
  delete: wireMethod(service, service.methods.delete),
};

/** The namespaces of the daemon behind a channel. */
export function clientNamespaces(channel: Channel): ClientNamespaces {
  return {
    get: async (name, call = noContext) => given(await channel.unary(methods.get, { name }, call)),
    list: async (filter = '', call = noContext) => (await channel.unary(methods.list, { filter }, call)).namespaces,
    create: async (namespace, call = noContext) => {
      await channel.unary(methods.create, { namespace: toWire(namespace) }, call);
    },
    update: async ({ fieldpaths, ...namespace }, call = noContext) => {
      const updateMask = fieldpaths === undefined ? undefined : [...fieldpaths];
      return given(await channel.unary(methods.update, { namespace: toWire(namespace), updateMask }, call));
    },
    delete: async (name, call = noContext) => {
      await channel.unary(methods.delete, { name }, call);
    },
  };
}

function toWire({ name, labels }: GivenNamespace): wireNamespaces.Namespace {
  return { name: checkedKey(name), labels: new Map(checkedLabels(labels)) };
}

function given({ namespace }: { readonly namespace: ClientNamespace | undefined }): ClientNamespace {
  if (namespace === undefined) throw new InternalError('the answer holds no namespace');
  return namespace;
}
