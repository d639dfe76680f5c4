import type { Deadline, Metadata } from '@grpc/grpc-js';
import { CanceledError, DeadlineExceededError, type StrataError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';

/** What is needed of a call of grpc-js, unary or stream. */
export interface IncomingCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Deadline;
  /** Emitted when the client leaves or its time is up, and also after the call is answered. */
  on(event: 'cancelled', listener: () => void): unknown;
}

/** A call under way. */
export interface ActiveCall {
  readonly context: CallContext;
  readonly signal: AbortSignal;
  /** To be called once its handler has finished, whatever came of it. */
  end(): void;
}

interface Entry {
  readonly controller: AbortController;
  readonly endless: boolean;
}

/** The timer that ends a call at its deadline may fire a little before the clock says so. */
const timerToleranceMs = 2;

/** The calls that are under way: their contexts, their number, and how to end them at shutdown. */
export class ActiveCalls {
  readonly #calls = new Set<Entry>();
  readonly #idle = new Set<() => void>();
  #closing: StrataError | undefined;

  /** How many handlers have not finished yet. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Registers a call and reads its context: namespace and lease from the headers, and a signal that is aborted when the
   * client cancels or goes away (Canceled) or its time runs out (DeadlineExceeded).
   * @param options.endless For a stream that ends only when somebody leaves.
   */
  begin(call: IncomingCall, options: { readonly endless: boolean } = { endless: false }): ActiveCall {
    const entry: Entry = { controller: new AbortController(), endless: options.endless };
    const { controller } = entry;
    // The timer of a deadline that is over already may fire after a quick answer.
    if (call.cancelled || Number(call.getDeadline()) <= Date.now()) controller.abort(cancellation(call));
    else call.on('cancelled', () => this.#calls.has(entry) && controller.abort(cancellation(call)));
    if (entry.endless && this.#closing !== undefined) controller.abort(this.#closing);
    this.#calls.add(entry);
    const context = contextOf(call.metadata, controller.signal);
    return { context, signal: controller.signal, end: () => this.#end(entry) };
  }

  /** Ends the endless streams, those that begin later too. */
  endStreams(reason: StrataError): void {
    this.#closing = reason;
    for (const call of this.#calls) if (call.endless) call.controller.abort(reason);
  }

  /** Aborts every call. */
  abortAll(reason: StrataError): void {
    for (const call of this.#calls) call.controller.abort(reason);
  }

  /** Resolves when no handler is running. */
  async idle(): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => this.#idle.add(resolve));
  }

  #end(entry: Entry): void {
    this.#calls.delete(entry);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

function cancellation(call: IncomingCall): StrataError {
  const late = Number(call.getDeadline()) <= Date.now() + timerToleranceMs;
  return late ? new DeadlineExceededError('') : new CanceledError('');
}

/** Headers of containerd (pkg/namespaces/grpc.go, core/leases/grpc.go). */
const namespaceHeader = 'containerd-namespace';
const leaseHeader = 'containerd-lease';

function contextOf(metadata: Metadata, signal: AbortSignal): CallContext {
  const namespace = firstValue(metadata, namespaceHeader);
  const lease = firstValue(metadata, leaseHeader);
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(lease === undefined ? {} : { lease }),
    signal,
  };
}

/** Of a repeated header the first value wins; Node hands them over as one, joined with a comma and a space. */
function firstValue(metadata: Metadata, header: string): string | undefined {
  const [value] = metadata.get(header);
  if (typeof value !== 'string') return undefined;
  const end = value.indexOf(', ');
  return end === -1 ? value : value.slice(0, end);
}
