import type { StrataError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';

/** The header that names the namespace of a call (containerd: pkg/namespaces/grpc.go). */
export const namespaceHeader = 'containerd-namespace';

/** The header that names the lease of a call (containerd: core/leases/grpc.go). */
export const leaseHeader = 'containerd-lease';

/** What a client sent beside its request. */
export interface CallOrigin {
  /** What it calls: `/<service>/<method>`. */
  readonly path: string;
  readonly namespace: string | undefined;
  readonly lease: string | undefined;
  /** For a stream that ends only when somebody leaves. */
  readonly endless?: boolean;
}

/** A call under way, for people who look at the daemon. */
export interface CallUnderWay {
  readonly path: string;
  readonly namespace: string | undefined;
  /** What the request is about: its key or name, and the snapshotter; absent until it has arrived. */
  readonly key?: string;
  readonly snapshotter?: string;
  /** How long it has been under way, in milliseconds. */
  readonly age: number;
}

/**
 * A call, as its handler sees it. Most calls are answered before anybody asks for their signal, which costs more than the
 * rest; and a class costs a tenth of an object literal with a getter.
 */
class ServedContext implements CallContext {
  // Not there at all when the client did not say so.
  declare readonly namespace?: string;
  declare readonly lease?: string;
  readonly abortReason: () => StrataError | undefined;
  readonly #call: ActiveCall;

  constructor(call: ActiveCall, namespace: string | undefined, lease: string | undefined) {
    this.#call = call;
    if (namespace !== undefined) this.namespace = namespace;
    if (lease !== undefined) this.lease = lease;
    this.abortReason = () => call.reason;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }
}

/** A call under way. */
export class ActiveCall {
  readonly context: CallContext;
  readonly endless: boolean;
  /** Its request, once that has arrived. */
  request: unknown;
  readonly #path: string;
  readonly #begun = performance.now();
  readonly #onEnd: (call: ActiveCall) => void;
  #controller: AbortController | undefined;
  #reason: StrataError | undefined;
  #ended = false;

  constructor({ path, namespace, lease, endless = false }: CallOrigin, onEnd: (call: ActiveCall) => void) {
    this.#path = path;
    this.endless = endless;
    this.#onEnd = onEnd;
    this.context = new ServedContext(this, namespace, lease);
  }

  /** Aborted when the call is. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why it was aborted; undefined when it was not. */
  get reason(): StrataError | undefined {
    return this.#reason;
  }

  /** What can be said about it now. */
  describe(): CallUnderWay {
    const [key, snapshotter] = [
      textOf(this.request, 'key') ?? textOf(this.request, 'name'),
      textOf(this.request, 'snapshotter'),
    ];
    return {
      path: this.#path,
      namespace: this.context.namespace,
      ...(key === undefined ? {} : { key }),
      ...(snapshotter === undefined ? {} : { snapshotter }),
      age: Math.round(performance.now() - this.#begun),
    };
  }

  /** Tells the handler to stop. Does nothing when it has finished, or was told before. */
  abort(reason: StrataError): void {
    if (this.#ended || this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** To be called once its handler has finished, whatever came of it. */
  end(): void {
    this.#ended = true;
    this.#onEnd(this);
  }
}

/** A field of a request, where it has such a text. */
function textOf(request: unknown, field: string): string | undefined {
  const value: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, field) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The calls that are under way: which they are, and how to end them at shutdown. */
export class ActiveCalls {
  readonly #calls = new Set<ActiveCall>();
  readonly #idle = new Set<() => void>();
  #closing: StrataError | undefined;
  readonly #end = (call: ActiveCall): void => {
    this.#calls.delete(call);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  };

  /** How many handlers have not finished yet. */
  get size(): number {
    return this.#calls.size;
  }

  /** What they are, the oldest first. */
  describe(): readonly CallUnderWay[] {
    return [...this.#calls].map((call) => call.describe());
  }

  /** Registers a call. Its server aborts it when the client cancels, goes away or runs out of time. */
  begin(origin: CallOrigin): ActiveCall {
    const call = new ActiveCall(origin, this.#end);
    if (call.endless && this.#closing !== undefined) call.abort(this.#closing);
    this.#calls.add(call);
    return call;
  }

  /** Ends the endless streams, those that begin later too. */
  endStreams(reason: StrataError): void {
    this.#closing = reason;
    for (const call of this.#calls) if (call.endless) call.abort(reason);
  }

  /** Aborts every call. */
  abortAll(reason: StrataError): void {
    for (const call of this.#calls) call.abort(reason);
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }
}
