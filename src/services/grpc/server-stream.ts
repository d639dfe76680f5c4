import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import { abortError, throwIfAborted } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { ActiveCall } from './active-calls.js';
import type { CallRuntime } from './runtime.js';

/**
 * Answers one request with any number of responses. They are drawn only as fast as the client takes them: one is
 * drawn while another is being sent. When the client leaves, the iterator is returned.
 */
export type StreamHandler<Request, Response> = (request: Request, call: CallContext) => AsyncIterable<Response>;

/**
 * Serves a handler as a server-streaming method of grpc-js.
 * @param options.endless Whether the stream has no end of its own, so that a shutdown does not wait for it.
 */
export function serverStream<Request, Response>(
  handler: StreamHandler<Request, Response>,
  runtime: CallRuntime,
  options: { readonly endless: boolean },
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const active = runtime.calls.begin(call, options);
    void serve(handler, { call, active, runtime });
  };
}

interface Stream<Request, Response> {
  readonly call: ServerWritableStream<Request, Response>;
  readonly active: ActiveCall;
  readonly runtime: CallRuntime;
}

async function serve<Request, Response>(
  handler: StreamHandler<Request, Response>,
  { call, active, runtime }: Stream<Request, Response>,
): Promise<void> {
  let iterator: AsyncIterator<Response> | undefined;
  try {
    iterator = handler(call.request, active.context)[Symbol.asyncIterator]();
    await pump(iterator, call, active.signal);
    iterator = undefined;
    call.end();
  } catch (thrown) {
    const reason: unknown = active.signal.aborted ? active.signal.reason : thrown;
    call.emit('error', runtime.statusOf(reason, call.getPath()));
  }
  // The client has its answer; only the count of calls under way still waits for the source to let go.
  await leave(iterator, runtime);
  active.end();
}

async function pump<Response>(
  iterator: AsyncIterator<Response>,
  call: ServerWritableStream<unknown, Response>,
  signal: AbortSignal,
): Promise<void> {
  let sent = Promise.resolve();
  for (;;) {
    const next = await untilAborted(iterator.next(), signal);
    if (next.done === true) {
      // A source may take the abort for its end, but for the client that would look complete.
      throwIfAborted(signal);
      return;
    }
    // A message may be large, so that none is left to grpc-js to queue.
    await untilAborted(sent, signal);
    sent = send(call, next.value);
  }
}

/** Resolves when the connection has taken the message; never when the call is cancelled. */
function send<Response>(call: ServerWritableStream<unknown, Response>, message: Response): Promise<void> {
  return new Promise((resolve) => {
    call.write(message, () => resolve());
  });
}

/** @throws CanceledError, DeadlineExceededError or the signal's own error as soon as it is aborted. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortError(signal));
    signal.addEventListener('abort', stop, { once: true });
  });
  // When the signal wins, nobody else looks at how the promise fares.
  promise.catch(() => {});
  try {
    throwIfAborted(signal);
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function leave(iterator: AsyncIterator<unknown> | undefined, { log }: CallRuntime): Promise<void> {
  try {
    await iterator?.return?.();
  } catch (error) {
    log.warn({ err: error }, 'a stream could not be closed');
  }
}
