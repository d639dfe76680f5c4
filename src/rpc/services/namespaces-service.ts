import { InvalidArgumentError } from '../../errors/index.js';
import type { AnyMessage, EventPublisher } from '../../events/index.js';
import { parseFilters, recordFields } from '../../filters/index.js';
import type { Labels } from '../../snapshots/index.js';
import type { ServiceLog } from '../engines/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireNamespaces } from '../proto/index.js';
import { namespaceCreateEvent, namespaceDeleteEvent, namespaceUpdateEvent } from './event-payloads.js';

/** A namespace, as the service gets and gives it. */
export interface ServedNamespace {
  readonly name: string;
  readonly labels: Labels;
}

/** What the service needs of the namespaces. */
export interface NamespacesApi {
  /** @throws NotFoundError when there is none of this name. */
  get(name: string): Promise<ServedNamespace>;
  list(): Promise<readonly ServedNamespace[]>;
  /** @throws AlreadyExistsError when it is there; InvalidArgumentError for a bad name or label. */
  create(namespace: ServedNamespace): Promise<void>;
  /** Changes labels and gives what they are now. @throws InvalidArgumentError for a path other than `labels.<key>`. */
  update(update: ServedNamespace & { readonly fieldpaths?: readonly string[] }): Promise<ServedNamespace>;
  /** @throws NotFoundError when there is none of this name; FailedPreconditionError when it is not empty. */
  delete(name: string): Promise<void>;
}

/** What the service needs. */
export interface NamespacesServiceOptions {
  readonly namespaces: NamespacesApi;
  /** Told of `/namespaces/create`, `/namespaces/update` and `/namespaces/delete`. */
  readonly events: EventPublisher;
  readonly log: ServiceLog;
}

/**
 * The service `containerd.services.namespaces.v1.Namespaces`. Unlike containerd's it reports an unknown namespace, heeds
 * the filter of List (`name`, `labels.<key>`), answers Update with the result, and does not let an event that could not
 * be published turn a change that was made into an error.
 */
export function namespacesService(options: NamespacesServiceOptions): GrpcService {
  const { namespaces } = options;
  const publish = publisher(options);
  return defineService(wireNamespaces.NamespacesDefinition, {
    get: async ({ name }) => ({ namespace: toWire(await namespaces.get(name)) }),
    list: async ({ filter: text }) => {
      const filter = parseFilters([text]);
      const shown = (await namespaces.list()).filter(({ name, labels }) =>
        filter.matches(recordFields({ name }, labels)),
      );
      return { namespaces: shown.map(toWire) };
    },
    create: async (request) => {
      const namespace = given(request);
      await namespaces.create(namespace);
      await publish(namespace.name, '/namespaces/create', namespaceCreateEvent(namespace));
      return { namespace };
    },
    update: async (request) => {
      const namespace = given(request);
      const fieldpaths = request.updateMask ?? [];
      const changed = await namespaces.update({ ...namespace, ...(fieldpaths.length === 0 ? {} : { fieldpaths }) });
      await publish(namespace.name, '/namespaces/update', namespaceUpdateEvent(namespace));
      return { namespace: toWire(changed) };
    },
    delete: async ({ name }) => {
      await namespaces.delete(name);
      await publish(name, '/namespaces/delete', namespaceDeleteEvent({ name }));
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

/** Publishes in the namespace that changed, whatever namespace the caller works in. */
function publisher({ events, log }: NamespacesServiceOptions) {
  return async (namespace: string, topic: string, event: AnyMessage): Promise<void> => {
    try {
      await events.publish(topic, event, { namespace });
    } catch (error) {
      log.warn({ err: error, topic, namespace }, `event ${topic} could not be published`);
    }
  };
}
