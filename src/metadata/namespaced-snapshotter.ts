import { InvalidArgumentError } from '../errors/index.js';
import { parseFilters } from '../filters/index.js';
import {
  type BackgroundErrors,
  type CallContext,
  type CommitRequest,
  type CreateRequest,
  eachOf,
  type Info,
  infoFields,
  inheritedLabelPrefix,
  inheritedLabels,
  type Labels,
  type Mount,
  noContext,
  noLabels,
  nowMicroseconds,
  type PagedSnapshotter,
  type Snapshotter,
  throwIfCallAborted,
  type UpdateRequest,
  type Usage,
  updatedLabels,
  validateKey,
  validateLabels,
  type WalkRequest,
  withoutEmpty,
} from '../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../store/index.js';
import type { Backend, CreateOperation } from './backend.js';
import { type LeaseRecorder, noLeases } from './leases.js';
import { commitOperation, createOperation } from './operations.js';
import type { NamedMetadata } from './records.js';
import { Scope } from './scope.js';
import { WalkPages } from './walk-pages.js';

/** What a namespaced snapshotter is made of. */
export interface NamespacedSnapshotterOptions {
  /** The snapshotter's name, as clients give it. */
  readonly name: string;
  readonly backend: Backend;
  /** Closed with it. */
  readonly snapshotter: Snapshotter;
  readonly leases?: LeaseRecorder;
  /** Told about records that cannot be read. Default: nobody is. */
  readonly errors?: BackgroundErrors;
}

/**
 * A snapshotter that works in the namespace of each call: the same key in two namespaces is two snapshots. Keeps keys,
 * parents, times and all labels; the back end knows only its own keys and the labels meant for it
 * (containerd: core/metadata/snapshot.go).
 */
export class NamespacedSnapshotter implements PagedSnapshotter {
  readonly #name: string;
  readonly #backend: Backend;
  readonly #snapshotter: Snapshotter;
  readonly #leases: LeaseRecorder;
  readonly #errors: BackgroundErrors;

  constructor(options: NamespacedSnapshotterOptions) {
    this.#name = options.name;
    this.#backend = options.backend;
    this.#snapshotter = options.snapshotter;
    this.#leases = options.leases ?? noLeases;
    this.#errors = options.errors ?? { report: () => undefined };
  }

  prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#create('active', request, call);
  }

  view(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#create('view', request, call);
  }

  async #create(kind: CreateOperation['kind'], request: CreateRequest, call: CallContext): Promise<readonly Mount[]> {
    throwIfCallAborted(call);
    const scope = this.#scope(call);
    const labels = checkedLabels(request.labels);
    validateKey('key', request.key);
    return this.#backend.create(createOperation({ kind, request, scope, labels }), call);
  }

  async mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#backend.mounts(this.#backendKey(key, call), call);
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    throwIfCallAborted(call);
    const scope = this.#scope(call);
    const labels = checkedLabels(request.labels);
    validateKey('name', request.name);
    await this.#backend.commit(commitOperation({ request, scope, labels }), call);
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    throwIfCallAborted(call);
    const scope = this.#scope(call);
    const record = (tx: WriteTransaction): string => {
      const found = scope.records.get(tx, key);
      scope.records.requireNoChildren(tx, found);
      scope.records.delete(tx, key, found);
      scope.unlease(tx, key);
      return found.backendKey;
    };
    await this.#backend.remove({ record }, call);
  }

  async stat(key: string, call: CallContext = noContext): Promise<Info> {
    return this.#backend.stat(this.#finder(key, call), call);
  }

  async update(request: UpdateRequest, call: CallContext = noContext): Promise<Info> {
    throwIfCallAborted(call);
    const { records } = this.#scope(call);
    const { name, labels: given, fieldpaths } = request;
    if (name === '') throw new InvalidArgumentError('');
    validateLabels(given);
    const changed = (tx: ReadTransaction) => {
      const found = records.get(tx, name);
      const labels = updatedLabels({ name, current: found.labels, given, fieldpaths });
      // Strictly later than before, so that a client can tell by the time that something changed.
      return { ...found, labels, updated: Math.max(nowMicroseconds(), found.updated + 1) };
    };
    const record = (tx: WriteTransaction): NamedMetadata => {
      const metadata = changed(tx);
      records.replace(tx, name, metadata);
      return { key: name, record: metadata };
    };
    return this.#backend.update({ fieldpaths, labels: inheritedLabels(given), check: changed, record }, call);
  }

  async usage(key: string, call: CallContext = noContext): Promise<Usage> {
    return this.#backend.usage(this.#backendKey(key, call), call);
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  async *walkPages(request: WalkRequest, call: CallContext): AsyncGenerator<readonly Info[]> {
    const { records } = this.#scope(call);
    const filter = parseFilters(request.filters ?? []);
    const isAdded = (label: string) => this.#backend.addsLabels && label.startsWith(inheritedLabelPrefix);
    const onUnreadable = (error: unknown) => this.#errors.report('read the record of a snapshot', error);
    const pages = new WalkPages({ records, filter, isAdded, onUnreadable });
    while (pages.more) {
      throwIfCallAborted(call);
      const page = await this.#backend.page(pages.read, call);
      const matching = filter.matchesAll ? page : page.filter((info) => filter.matches(infoFields(info)));
      if (matching.length > 0) yield matching;
    }
  }

  async cleanup(call: CallContext = noContext): Promise<void> {
    await this.#backend.cleanup(call);
  }

  close(): Promise<void> {
    return this.#snapshotter.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #finder(key: string, call: CallContext): (tx: ReadTransaction) => NamedMetadata {
    throwIfCallAborted(call);
    const { records } = this.#scope(call);
    return (tx) => ({ key, record: records.get(tx, key) });
  }

  #backendKey(key: string, call: CallContext): (tx: ReadTransaction) => string {
    throwIfCallAborted(call);
    const { records } = this.#scope(call);
    return (tx) => records.backendKeyOf(tx, key);
  }

  #scope(call: CallContext): Scope {
    return new Scope({ name: this.#name, leases: this.#leases }, call);
  }
}

function checkedLabels(labels: Labels | undefined): Labels {
  if (labels === undefined || labels.size === 0) return noLabels;
  validateLabels(labels);
  return withoutEmpty(labels);
}
