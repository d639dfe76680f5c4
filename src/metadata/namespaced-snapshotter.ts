import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  withContext,
} from '../errors/index.js';
import { parseFilters } from '../filters/index.js';
import { validateIdentifier } from '../identifiers/index.js';
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
  microsecondsOf,
  noContext,
  noLabels,
  nowMicroseconds,
  type PagedSnapshotter,
  type Snapshotter,
  snapshotRefLabel,
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
import type { Backend, CommitOperation, CreateOperation } from './backend.js';
import { type LeaseRecorder, noLeases } from './leases.js';
import { MetadataRecords, type NamedMetadata } from './records.js';
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
    return this.#backend.create(this.#createOperation({ kind, request, scope, labels }), call);
  }

  #createOperation({ kind, request, scope, labels }: PlannedCreate): CreateOperation {
    const { key, parent = '' } = request;
    const { records } = scope;
    const reference = labels.get(snapshotRefLabel) ?? '';
    return {
      kind,
      labels: inheritedLabels(labels),
      reference,
      check: (tx) => {
        if (reference !== '' && records.has(tx, reference))
          throw new AlreadyExistsError(`target snapshot "${reference}"`);
        if (records.has(tx, key)) throw new AlreadyExistsError(`snapshot "${key}"`);
        return records.backendParent(tx, parent);
      },
      reserve: (tx) => reserve(tx, records, key),
      record: (tx, reserved) => {
        const now = nowMicroseconds();
        records.put(tx, { ...reserved, key, parent, labels, created: now, updated: now });
        this.#lease(tx, scope, key);
      },
      adopt: (tx, found) => this.#adopt(tx, scope, { reference, parent, labels, found }),
    };
  }

  /** Records a snapshot that the back end had already, unless another call did so meanwhile. */
  #adopt(tx: WriteTransaction, scope: Scope, { reference, parent, labels, found }: Adoption): void {
    const { records } = scope;
    if (records.backendParent(tx, parent) !== found.parent) {
      throw new InvalidArgumentError(`mismatched parent ${parent} from target ${reference}`);
    }
    if (!records.has(tx, reference)) {
      const number = records.nextNumber(tx);
      records.put(tx, {
        key: reference,
        number,
        backendKey: found.name,
        parent,
        labels: new Map([...found.labels, ...labels]),
        created: Math.max(0, microsecondsOf(found.created)),
        updated: Math.max(0, microsecondsOf(found.updated)),
      });
    }
    this.#lease(tx, scope, reference);
  }

  #lease(tx: WriteTransaction, scope: Scope, key: string): void {
    if (scope.lease === undefined) return;
    this.#leases.add(tx, scope.lease, { namespace: scope.namespace, snapshotter: this.#name, key });
  }

  #unlease(tx: WriteTransaction, scope: Scope, key: string): void {
    if (scope.lease === undefined) return;
    this.#leases.remove(tx, scope.lease, { namespace: scope.namespace, snapshotter: this.#name, key });
  }

  async mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#backend.mounts(this.#backendKey(key, call), call);
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    throwIfCallAborted(call);
    const scope = this.#scope(call);
    const labels = checkedLabels(request.labels);
    validateKey('name', request.name);
    await this.#backend.commit(this.#commitOperation(request, scope, labels), call);
  }

  #commitOperation(request: CommitRequest, scope: Scope, labels: Labels): CommitOperation {
    const { name, key } = request;
    const { records } = scope;
    return {
      labels: inheritedLabels(labels),
      names: [`${scope.namespace}/${name}`, `${scope.namespace}/${key}`],
      check: (tx) => {
        if (!records.isUsed(tx)) throw new NotFoundError(`can not find snapshotter "${this.#name}"`);
        if (records.has(tx, name)) throw new AlreadyExistsError(`snapshot "${name}"`);
        const active = records.get(tx, key);
        const parent = active.parent === '' ? records.backendParent(tx, request.parent ?? '') : '';
        return { backendKey: active.backendKey, parent };
      },
      reserve: (tx) => reserve(tx, records, name),
      record: (tx, reserved) => {
        const active = records.get(tx, key);
        const parent = active.parent === '' ? (request.parent ?? '') : active.parent;
        records.delete(tx, key, active);
        const now = nowMicroseconds();
        records.put(tx, { ...reserved, key: name, parent, labels, created: now, updated: now });
        this.#lease(tx, scope, name);
        this.#unlease(tx, scope, key);
      },
    };
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    throwIfCallAborted(call);
    const scope = this.#scope(call);
    const record = (tx: WriteTransaction): string => {
      const found = scope.records.get(tx, key);
      scope.records.requireNoChildren(tx, found);
      scope.records.delete(tx, key, found);
      this.#unlease(tx, scope, key);
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
    const namespace = requireNamespace(call);
    return { namespace, lease: call.lease, records: new MetadataRecords(namespace, this.#name) };
  }
}

/** What a call works on. */
interface Scope {
  readonly namespace: string;
  readonly lease: string | undefined;
  readonly records: MetadataRecords;
}

interface PlannedCreate {
  readonly kind: CreateOperation['kind'];
  readonly request: CreateRequest;
  readonly scope: Scope;
  readonly labels: Labels;
}

interface Adoption {
  readonly reference: string;
  readonly parent: string;
  readonly labels: Labels;
  readonly found: Info;
}

function reserve(tx: WriteTransaction, records: MetadataRecords, key: string): { number: number; backendKey: string } {
  const number = records.nextNumber(tx);
  return { number, backendKey: records.backendKey(number, key) };
}

function checkedLabels(labels: Labels | undefined): Labels {
  if (labels === undefined || labels.size === 0) return noLabels;
  validateLabels(labels);
  return withoutEmpty(labels);
}

/**
 * The namespace of a call (containerd: pkg/namespaces/context.go).
 * @throws FailedPreconditionError when there is none; InvalidArgumentError when it is malformed.
 */
export function requireNamespace(call: CallContext): string {
  const namespace = call.namespace ?? '';
  if (namespace === '') throw new FailedPreconditionError('namespace is required');
  try {
    validateIdentifier(namespace);
  } catch (error) {
    throw withContext(error, 'namespace validation');
  }
  return namespace;
}
