import { type PagedSnapshotter, walkPages } from '../api/paged-walk.js';
import type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import { type CallContext, type Info, type Mount, noContext, type Usage } from '../api/types.js';

/** What a publishing snapshotter needs. */
export interface PublishingSnapshotterOptions {
  /** The name that the events carry. */
  readonly name: string;
  /** Closed with it. */
  readonly inner: Snapshotter;
  /** Publishes an event, in the namespace of the call that it comes from. */
  readonly publish: (event: SnapshotEvent, call: CallContext) => void | Promise<void>;
  /** Told about an event that could not be published; the operation itself has succeeded. */
  readonly onPublishError: (topic: string, error: unknown) => void;
}

/** What happened to a snapshot: the topic, and the fields of containerd's event. */
export type SnapshotEvent =
  | {
      readonly topic: '/snapshot/prepare';
      readonly snapshotter: string;
      readonly key: string;
      /** The empty string without one. */
      readonly parent: string;
    }
  | {
      readonly topic: '/snapshot/commit';
      readonly snapshotter: string;
      readonly key: string;
      readonly name: string;
    }
  | { readonly topic: '/snapshot/remove'; readonly snapshotter: string; readonly key: string };

/**
 * The internal snapshots service: a snapshotter that publishes `/snapshot/prepare`, `/snapshot/commit` and
 * `/snapshot/remove` after success and before its caller has the answer. A view publishes nothing, as in containerd.
 * Failing to publish never turns a finished operation into an error.
 */
export class PublishingSnapshotter implements PagedSnapshotter {
  readonly #options: PublishingSnapshotterOptions;
  readonly #inner: Snapshotter;

  constructor(options: PublishingSnapshotterOptions) {
    this.#options = options;
    this.#inner = options.inner;
  }

  async prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    const mounts = await this.#inner.prepare(request, call);
    const { key, parent = '' } = request;
    await this.#publish({ topic: '/snapshot/prepare', snapshotter: this.#options.name, key, parent }, call);
    return mounts;
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    await this.#inner.commit(request, call);
    const { key, name } = request;
    await this.#publish({ topic: '/snapshot/commit', snapshotter: this.#options.name, key, name }, call);
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    await this.#inner.remove(key, call);
    await this.#publish({ topic: '/snapshot/remove', snapshotter: this.#options.name, key }, call);
  }

  view(request: CreateRequest, call?: CallContext): Promise<readonly Mount[]> {
    return this.#inner.view(request, call);
  }

  mounts(key: string, call?: CallContext): Promise<readonly Mount[]> {
    return this.#inner.mounts(key, call);
  }

  stat(key: string, call?: CallContext): Promise<Info> {
    return this.#inner.stat(key, call);
  }

  update(request: UpdateRequest, call?: CallContext): Promise<Info> {
    return this.#inner.update(request, call);
  }

  usage(key: string, call?: CallContext): Promise<Usage> {
    return this.#inner.usage(key, call);
  }

  walk(request?: WalkRequest, call?: CallContext): AsyncIterable<Info> {
    return this.#inner.walk(request, call);
  }

  walkPages(request: WalkRequest, call: CallContext): AsyncIterable<readonly Info[]> {
    return walkPages(this.#inner, request, call);
  }

  cleanup(call?: CallContext): Promise<void> {
    return this.#inner.cleanup(call);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #publish(event: SnapshotEvent, call: CallContext): Promise<void> {
    try {
      await this.#options.publish(event, call);
    } catch (error) {
      this.#options.onPublishError(event.topic, error);
    }
  }
}
