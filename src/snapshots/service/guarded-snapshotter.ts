import { UnavailableError } from '../../errors/index.js';
import { eachOf, type PagedSnapshotter, walkPages } from '../api/paged-walk.js';
import type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import {
  type CallContext,
  type CallDefaults,
  completedCall,
  type Info,
  type Mount,
  noContext,
  throwIfCallAborted,
  type Usage,
} from '../api/types.js';

/** A call that has ended. */
export interface FinishedCall {
  readonly method: SnapshotterMethod;
  readonly namespace: string | undefined;
  /** Milliseconds. */
  readonly duration: number;
  /** What it rejected with; undefined when it succeeded. */
  readonly error: unknown;
}

/** The calls that are counted and observed. */
export type SnapshotterMethod =
  | 'prepare'
  | 'view'
  | 'mounts'
  | 'commit'
  | 'remove'
  | 'stat'
  | 'update'
  | 'usage'
  | 'walk'
  | 'cleanup';

/** How to guard a snapshotter. */
export interface GuardOptions {
  /** Told about each call when it ends, for logs and metrics. */
  readonly observe?: (call: FinishedCall) => void;
  /** What goes with each call that does not say otherwise, such as a namespace. */
  readonly defaults?: CallDefaults;
}

/**
 * What every snapshotter needs and none should repeat: calls are refused after `close`, those whose signal is aborted do
 * not begin, those under way are counted, and `close` waits for them before it closes the snapshotter inside.
 */
export class GuardedSnapshotter implements PagedSnapshotter {
  readonly #inner: Snapshotter;
  readonly #observe: GuardOptions['observe'];
  readonly #defaults: CallDefaults | undefined;
  #inFlight = 0;
  #closing: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(inner: Snapshotter, options: GuardOptions = {}) {
    this.#inner = inner;
    this.#observe = options.observe;
    this.#defaults = options.defaults;
  }

  /** How many calls are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run('prepare', call, (complete) => this.#inner.prepare(request, complete));
  }

  view(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run('view', call, (complete) => this.#inner.view(request, complete));
  }

  mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#run('mounts', call, (complete) => this.#inner.mounts(key, complete));
  }

  commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    return this.#run('commit', call, (complete) => this.#inner.commit(request, complete));
  }

  remove(key: string, call: CallContext = noContext): Promise<void> {
    return this.#run('remove', call, (complete) => this.#inner.remove(key, complete));
  }

  stat(key: string, call: CallContext = noContext): Promise<Info> {
    return this.#run('stat', call, (complete) => this.#inner.stat(key, complete));
  }

  update(request: UpdateRequest, call: CallContext = noContext): Promise<Info> {
    return this.#run('update', call, (complete) => this.#inner.update(request, complete));
  }

  usage(key: string, call: CallContext = noContext): Promise<Usage> {
    return this.#run('usage', call, (complete) => this.#inner.usage(key, complete));
  }

  cleanup(call: CallContext = noContext): Promise<void> {
    return this.#run('cleanup', call, (complete) => this.#inner.cleanup(complete));
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  async *walkPages(request: WalkRequest, given: CallContext): AsyncGenerator<readonly Info[]> {
    const call = this.#complete(given);
    const started = this.#enter(call);
    let failure: unknown;
    try {
      yield* walkPages(this.#inner, request, call);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#leave({ method: 'walk', call, started, error: failure });
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
    await this.#inner.close();
  }

  async #run<T>(method: SnapshotterMethod, given: CallContext, work: (call: CallContext) => Promise<T>): Promise<T> {
    const call = this.#complete(given);
    const started = this.#enter(call);
    let failure: unknown;
    try {
      return await work(call);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      this.#leave({ method, call, started, error: failure });
    }
  }

  #complete(call: CallContext): CallContext {
    return this.#defaults === undefined ? call : completedCall(call, this.#defaults);
  }

  #enter(call: CallContext): number {
    if (this.#closing !== undefined) throw new UnavailableError('snapshotter is closed');
    throwIfCallAborted(call);
    this.#inFlight++;
    return this.#observe === undefined ? 0 : performance.now();
  }

  #leave(ended: { method: SnapshotterMethod; call: CallContext; started: number; error: unknown }): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#idle?.();
    const { method, call, started, error } = ended;
    this.#observe?.({ method, namespace: call.namespace, duration: performance.now() - started, error });
  }
}
