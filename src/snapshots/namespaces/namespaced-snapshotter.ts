import { AlreadyExistsError, InvalidArgumentError } from '../../errors/index.js';
import { validateKey } from '../api/keys.js';
import { snapshotRefLabel, validateLabels } from '../api/labels.js';
import { eachOf, type PagedSnapshotter } from '../api/paged-walk.js';
import { checkedCommit, checkedCreate, checkedUpdate } from '../api/requests.js';
import type { CommitRequest, CreateRequest, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import {
  type CallContext,
  type Info,
  type Labels,
  type Mount,
  noContext,
  throwIfCallAborted,
  type Usage,
} from '../api/types.js';
import type { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { requireNamespace } from './require-namespace.js';

/**
 * The rules of containerd's metadata layer over a local snapshotter: every call has a namespace, labels have a size, and a
 * layer that somebody else has unpacked need not be unpacked again (containerd: core/metadata/snapshot.go).
 */
export class NamespacedSnapshotter implements PagedSnapshotter {
  readonly #inner: LocalSnapshotter;

  /** @param inner Closed with it. */
  constructor(inner: LocalSnapshotter) {
    this.#inner = inner;
  }

  async prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    this.#checkNew(request, call);
    return this.#inner.prepare(request, call);
  }

  async view(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    this.#checkNew(request, call);
    return this.#inner.view(request, call);
  }

  #checkNew(request: CreateRequest, call: CallContext): void {
    throwIfCallAborted(call);
    requireNamespace(call);
    const { key, labels } = checkedCreate(request);
    checkLabels(labels);
    validateKey('key', key);
    const reference = labels?.get(snapshotRefLabel) ?? '';
    if (reference !== '' && this.#inner.has(reference, call)) {
      throw new AlreadyExistsError(`target snapshot "${reference}"`);
    }
  }

  async mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    requireNamespace(call);
    return this.#inner.mounts(key, call);
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    throwIfCallAborted(call);
    requireNamespace(call);
    const { name, labels } = checkedCommit(request);
    checkLabels(labels);
    validateKey('name', name);
    await this.#inner.commit(request, call);
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    requireNamespace(call);
    await this.#inner.remove(key, call);
  }

  async stat(key: string, call: CallContext = noContext): Promise<Info> {
    requireNamespace(call);
    return this.#inner.stat(key, call);
  }

  async update(request: UpdateRequest, call: CallContext = noContext): Promise<Info> {
    requireNamespace(call);
    const { name, labels } = checkedUpdate(request);
    if (name === '') throw new InvalidArgumentError('');
    validateLabels(labels);
    return this.#inner.update(request, call);
  }

  async usage(key: string, call: CallContext = noContext): Promise<Usage> {
    requireNamespace(call);
    return this.#inner.usage(key, call);
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  async *walkPages(request: WalkRequest, call: CallContext): AsyncGenerator<readonly Info[]> {
    requireNamespace(call);
    yield* this.#inner.walkPages(request, call);
  }

  cleanup(call: CallContext = noContext): Promise<void> {
    return this.#inner.cleanup(call);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkLabels(labels: Labels | undefined): void {
  if (labels !== undefined && labels.size > 0) validateLabels(labels);
}
