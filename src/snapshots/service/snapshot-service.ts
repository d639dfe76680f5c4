import { NotFoundError, UnavailableError } from '../../errors/index.js';
import { eachOf, type PagedSnapshotter, walkPages } from '../api/paged-walk.js';
import type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import { type CallContext, type Info, type Mount, noContext, throwIfCallAborted, type Usage } from '../api/types.js';
import type { RecordChange } from '../gc/scheduler.js';
import { BackgroundCleanup } from './background-cleanup.js';

/** What happened to a snapshot, as subscribers are told. */
export type SnapshotEvent =
  | { readonly topic: '/snapshot/prepare'; readonly key: string; readonly parent: string }
  | { readonly topic: '/snapshot/commit'; readonly key: string; readonly name: string }
  | { readonly topic: '/snapshot/remove'; readonly key: string };

/** How a snapshotter is served. */
export interface SnapshotServiceOptions {
  /**
   * Publishes what has happened, before the caller has the answer. Must not reject: an operation that is done stays done.
   * Default: nobody is told.
   */
  readonly publish?: (event: SnapshotEvent, call: CallContext) => Promise<void>;
  /** Told of every change, before the caller has the answer. Default: nobody is. */
  readonly changed?: (change: RecordChange) => void;
  /** Completes a call with what its caller left out, such as a namespace. Default: it is taken as it is. */
  readonly complete?: (call: CallContext) => CallContext;
  /**
   * When given, a clean-up is answered at once and goes on in the background, whatever becomes of the call; told of its
   * failure. Default: it is answered when it is done.
   */
  readonly onCleanupFailed?: (error: unknown) => void;
  /** Told which snapshots are asked for with Stat, and whether they were there, before the caller is. Default: nobody is. */
  readonly asked?: (key: string, there: boolean) => void;
}

/**
 * The internal snapshots service: what every snapshotter needs and none should repeat. Calls are refused after `close` or when
 * their signal is aborted. Calls under way are counted, and `close` waits for them before it closes the inner
 * snapshotter. Prepare, Commit and Remove are published after success; a view is not, as in containerd.
 */
export class SnapshotService implements PagedSnapshotter {
  readonly #inner: Snapshotter;
  readonly #publish: SnapshotServiceOptions['publish'];
  readonly #changed: SnapshotServiceOptions['changed'];
  readonly #complete: SnapshotServiceOptions['complete'];
  readonly #cleanup: BackgroundCleanup | undefined;
  readonly #asked: SnapshotServiceOptions['asked'];
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(inner: Snapshotter, options: SnapshotServiceOptions = {}) {
    this.#inner = inner;
    this.#publish = options.publish;
    this.#changed = options.changed;
    this.#complete = options.complete;
    this.#asked = options.asked;
    const { onCleanupFailed } = options;
    const clean = (signal: AbortSignal) => inner.cleanup(this.#completed({ signal }));
    this.#cleanup = onCleanupFailed === undefined ? undefined : new BackgroundCleanup(clean, onCleanupFailed);
  }

  /** How many calls are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  prepare(request: CreateRequest, given: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run(given, async (call) => {
      const mounts = await this.#inner.prepare(request, call);
      this.#changed?.('mutation');
      const { key, parent = '' } = request;
      await this.#publish?.({ topic: '/snapshot/prepare', key, parent }, call);
      return mounts;
    });
  }

  view(request: CreateRequest, given: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run(given, async (call) => {
      const mounts = await this.#inner.view(request, call);
      this.#changed?.('mutation');
      return mounts;
    });
  }

  mounts(key: string, given: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run(given, (call) => this.#inner.mounts(key, call));
  }

  commit(request: CommitRequest, given: CallContext = noContext): Promise<void> {
    return this.#run(given, async (call) => {
      await this.#inner.commit(request, call);
      this.#changed?.('mutation');
      const { key, name } = request;
      await this.#publish?.({ topic: '/snapshot/commit', key, name }, call);
    });
  }

  remove(key: string, given: CallContext = noContext): Promise<void> {
    return this.#run(given, async (call) => {
      await this.#inner.remove(key, call);
      this.#changed?.('deletion');
      await this.#publish?.({ topic: '/snapshot/remove', key }, call);
    });
  }

  stat(key: string, given: CallContext = noContext): Promise<Info> {
    return this.#run(given, async (call) => {
      try {
        const info = await this.#inner.stat(key, call);
        this.#asked?.(key, true);
        return info;
      } catch (error) {
        if (error instanceof NotFoundError) this.#asked?.(key, false);
        throw error;
      }
    });
  }

  update(request: UpdateRequest, given: CallContext = noContext): Promise<Info> {
    return this.#run(given, async (call) => {
      const info = await this.#inner.update(request, call);
      this.#changed?.('mutation');
      return info;
    });
  }

  usage(key: string, given: CallContext = noContext): Promise<Usage> {
    return this.#run(given, (call) => this.#inner.usage(key, call));
  }

  cleanup(given: CallContext = noContext): Promise<void> {
    return this.#run(given, async (call) => {
      if (this.#cleanup === undefined) await this.#inner.cleanup(call);
      else this.#cleanup.ask();
    });
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  async *walkPages(request: WalkRequest, given: CallContext): AsyncGenerator<readonly Info[]> {
    const call = this.#enter(given);
    try {
      yield* walkPages(this.#inner, request, call);
    } finally {
      this.#leave();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeWhenIdle();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    // Closing ends the deletions that a clean-up waits for.
    this.#cleanup?.stop();
    await this.#inner.close();
    await this.#cleanup?.ended();
  }

  async #run<T>(given: CallContext, work: (call: CallContext) => Promise<T>): Promise<T> {
    const call = this.#enter(given);
    try {
      return await work(call);
    } finally {
      this.#leave();
    }
  }

  #enter(given: CallContext): CallContext {
    if (this.#closing !== undefined) throw new UnavailableError('snapshotter is closed');
    const call = this.#completed(given);
    throwIfCallAborted(call);
    this.#inFlight++;
    return call;
  }

  #completed(given: CallContext): CallContext {
    return this.#complete === undefined ? given : this.#complete(given);
  }

  #leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#idle?.();
  }
}
