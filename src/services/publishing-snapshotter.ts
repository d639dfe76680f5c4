import type { EventPublisher } from '../events/index.js';
import {
  type CallContext,
  type CommitRequest,
  type CreateRequest,
  type Info,
  type Mount,
  noContext,
  type PagedSnapshotter,
  type Snapshotter,
  type UpdateRequest,
  type Usage,
  type WalkRequest,
  walkPages,
} from '../snapshots/index.js';
import { snapshotCommitEvent, snapshotPrepareEvent, snapshotRemoveEvent } from './event-payloads.js';

/** What a publishing snapshotter needs. */
export interface PublishingSnapshotterOptions {
  /** The name that the events carry. */
  readonly name: string;
  /** Closed with it. */
  readonly inner: Snapshotter;
  readonly publisher: EventPublisher;
  /** Told about an event that could not be published; the operation itself has succeeded. */
  readonly onPublishError: (topic: string, error: unknown) => void;
}

/** An encoded event. */
type Payload = Parameters<EventPublisher['publish']>[1];

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
    await this.#publish(
      '/snapshot/prepare',
      call,
      snapshotPrepareEvent({ key, parent, snapshotter: this.#options.name }),
    );
    return mounts;
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    await this.#inner.commit(request, call);
    const { key, name } = request;
    await this.#publish('/snapshot/commit', call, snapshotCommitEvent({ key, name, snapshotter: this.#options.name }));
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    await this.#inner.remove(key, call);
    await this.#publish('/snapshot/remove', call, snapshotRemoveEvent({ key, snapshotter: this.#options.name }));
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

  async #publish(topic: string, call: CallContext, event: Payload): Promise<void> {
    try {
      await this.#options.publisher.publish(topic, event, call);
    } catch (error) {
      this.#options.onPublishError(topic, error);
    }
  }
}
