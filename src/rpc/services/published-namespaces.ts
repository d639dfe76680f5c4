import type { AnyMessage, EventPublisher } from '../../events/index.js';
import { parseFilters, recordFields } from '../../filters/index.js';
import { checkedLabels, type Labels, type LabelValues } from '../../snapshots/index.js';
import type { ServiceLog } from '../engines/index.js';
import { namespaceCreateEvent, namespaceDeleteEvent, namespaceUpdateEvent } from './event-payloads.js';

/** A namespace, as it is given out. */
export interface ServedNamespace {
  readonly name: string;
  readonly labels: Labels;
}

/** A namespace as callers give it. */
export interface GivenNamespace {
  readonly name: string;
  readonly labels?: LabelValues;
}

/** What is needed of the namespaces. */
export interface NamespacesApi {
  /** @throws NotFoundError when there is none of this name. */
  get(name: string): Promise<ServedNamespace>;
  list(): Promise<readonly ServedNamespace[]>;
  /** @throws AlreadyExistsError when it is there; InvalidArgumentError for a bad name or label. */
  create(namespace: GivenNamespace): Promise<void>;
  /** Changes labels and gives what they are now. @throws InvalidArgumentError for a path other than `labels.<key>`. */
  update(update: GivenNamespace & { readonly fieldpaths?: readonly string[] }): Promise<ServedNamespace>;
  /** @throws NotFoundError when there is none of this name; FailedPreconditionError when it is not empty. */
  delete(name: string): Promise<void>;
}

/** What published namespaces consist of. */
export interface PublishedNamespacesOptions {
  readonly namespaces: NamespacesApi;
  /** Told of `/namespaces/create`, `/namespaces/update` and `/namespaces/delete`. */
  readonly events: EventPublisher;
  readonly log: ServiceLog;
}

/**
 * The namespaces, as clients see them: a list can be filtered (`name`, `labels.<key>`), and changes are published, in the
 * namespace that changed. An event that could not be published does not turn a change that was made into an error.
 */
export class PublishedNamespaces {
  readonly #options: PublishedNamespacesOptions;

  constructor(options: PublishedNamespacesOptions) {
    this.#options = options;
  }

  /** As in {@link NamespacesApi}. */
  get(name: string): Promise<ServedNamespace> {
    return this.#options.namespaces.get(name);
  }

  /** Those that a filter lets through, in byte order. @throws InvalidArgumentError for a bad filter. */
  async list(text: string): Promise<ServedNamespace[]> {
    const filter = parseFilters([text]);
    const all = await this.#options.namespaces.list();
    return all.filter(({ name, labels }) => filter.matches(recordFields({ name }, labels)));
  }

  /** As in {@link NamespacesApi}. */
  async create(namespace: GivenNamespace): Promise<void> {
    await this.#options.namespaces.create(namespace);
    await this.#publish('/namespaces/create', namespace.name, namespaceCreateEvent(payloadOf(namespace)));
  }

  /** As in {@link NamespacesApi}. */
  async update(update: GivenNamespace & { readonly fieldpaths?: readonly string[] }): Promise<ServedNamespace> {
    const changed = await this.#options.namespaces.update(update);
    await this.#publish('/namespaces/update', update.name, namespaceUpdateEvent(payloadOf(update)));
    return changed;
  }

  /** As in {@link NamespacesApi}. */
  async delete(name: string): Promise<void> {
    await this.#options.namespaces.delete(name);
    await this.#publish('/namespaces/delete', name, namespaceDeleteEvent({ name }));
  }

  async #publish(topic: string, namespace: string, event: AnyMessage): Promise<void> {
    const { events, log } = this.#options;
    try {
      await events.publish(topic, event, { namespace });
    } catch (error) {
      log.warn({ err: error, topic, namespace }, `event ${topic} could not be published`);
    }
  }
}

function payloadOf({ name, labels }: GivenNamespace): { name: string; labels: Map<string, string> } {
  return { name, labels: new Map(checkedLabels(labels)) };
}
