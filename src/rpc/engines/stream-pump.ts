import { abortError, throwIfAborted } from '../../errors/index.js';
import type { ActiveCall } from './active-calls.js';
import type { CallRuntime } from './runtime.js';
import type { StreamMethod } from './service.js';
import type { CallStatus } from './status.js';

/** Where the responses of a stream go. */
export interface ResponseSink {
  /** Resolves when the connection has taken the message; never when the client is gone. */
  send(response: unknown): Promise<void>;
  end(): void;
  fail(status: CallStatus): void;
}

/** Serves a stream from its request to its end. Never rejects. */
export async function pumpStream(
  { method, request, call }: { method: StreamMethod; request: unknown; call: ActiveCall },
  sink: ResponseSink,
  runtime: CallRuntime,
): Promise<void> {
  let iterator: AsyncIterator<unknown> | undefined;
  try {
    iterator = method.handler(request, call.context)[Symbol.asyncIterator]();
    await pump(iterator, sink, call.signal);
    iterator = undefined;
    sink.end();
  } catch (thrown) {
    sink.fail(runtime.statusOf(call.reason ?? thrown, method.path));
  }
  // The client has its answer; only the count of calls under way still waits for the source to let go.
  await leave(iterator, runtime);
  call.end();
}

async function pump(iterator: AsyncIterator<unknown>, sink: ResponseSink, signal: AbortSignal): Promise<void> {
  let sent = Promise.resolve();
  for (;;) {
    const next = await untilAborted(iterator.next(), signal);
    if (next.done === true) {
      // A source may take the abort for its end, but for the client that would look complete.
      throwIfAborted(signal);
      return;
    }
    // A message may be large, so that none is queued while another is on its way.
    await untilAborted(sent, signal);
    sent = sink.send(next.value);
  }
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
