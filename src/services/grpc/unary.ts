import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { throwIfAborted } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { CallRuntime } from './runtime.js';

/** Answers one request with one response. Whatever it throws becomes the status of the call. */
export type UnaryHandler<Request, Response> = (request: Request, call: CallContext) => Promise<Response> | Response;

/** Serves a handler as a unary method of grpc-js. */
export function unary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  runtime: CallRuntime,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    void answer({ handler, runtime, call, respond });
  };
}

interface Answer<Request, Response> {
  readonly handler: UnaryHandler<Request, Response>;
  readonly runtime: CallRuntime;
  readonly call: ServerUnaryCall<Request, Response>;
  readonly respond: sendUnaryData<Response>;
}

async function answer<Request, Response>({
  handler,
  runtime,
  call,
  respond,
}: Answer<Request, Response>): Promise<void> {
  const active = runtime.calls.begin(call);
  try {
    throwIfAborted(active.signal);
    respond(null, await handler(call.request, active.context));
  } catch (thrown) {
    // Of a call that was aborted nobody waits for the error, which is only the consequence.
    respond(runtime.statusOf(active.signal.aborted ? active.signal.reason : thrown, call.getPath()));
  } finally {
    active.end();
  }
}
