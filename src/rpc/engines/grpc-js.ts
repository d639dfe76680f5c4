import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { CanceledError, DeadlineExceededError, type StrataError } from '../../errors/index.js';
import { type ActiveCall, leaseHeader, namespaceHeader } from './active-calls.js';
import { type EngineOptions, type GrpcEngine, maxStreams } from './engine.js';
import type { CallRuntime } from './runtime.js';
import type { StreamMethod, UnaryMethod } from './service.js';
import { pumpStream } from './stream-pump.js';

/** The engine on grpc-js, the library: three to five times the work per call, and eyes of many others on it. */
export function grpcJsEngine({ methods, runtime, keepaliveMs, largestMessage }: EngineOptions): GrpcEngine {
  // Channelz stays on: without it grpc-js does not know its connections, and cannot cut them off.
  const server = new Server({
    'grpc.max_receive_message_length': largestMessage,
    'grpc.max_send_message_length': largestMessage,
    'grpc.max_concurrent_streams': maxStreams,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
  });
  for (const method of methods.values()) register(server, method, runtime);
  return {
    listen: (path) => bind(server, path),
    close: () => new Promise((resolve) => server.tryShutdown(() => resolve())),
    destroy: () => server.forceShutdown(),
  };
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function register(server: Server, method: UnaryMethod | StreamMethod, runtime: CallRuntime): void {
  const encode = (response: unknown): Buffer => method.encodeResponse(response);
  const decode = (bytes: Buffer): unknown => method.decodeRequest(bytes);
  if (method.type === 'stream') {
    const serve = (call: ServerWritableStream<unknown, unknown>): void => serveStream(method, call, runtime);
    server.register(method.path, serve, encode, decode, 'serverStream');
  } else {
    const serve = (call: ServerUnaryCall<unknown, unknown>, respond: sendUnaryData<unknown>): void =>
      void serveUnary(method, { call, respond }, runtime);
    server.register(method.path, serve, encode, decode, 'unary');
  }
}

async function serveUnary(
  method: UnaryMethod,
  { call, respond }: { call: ServerUnaryCall<unknown, unknown>; respond: sendUnaryData<unknown> },
  runtime: CallRuntime,
): Promise<void> {
  const active = begin(call, runtime);
  try {
    if (active.reason !== undefined) throw active.reason;
    respond(null, await method.handler(call.request, active.context));
  } catch (thrown) {
    // Of a call that was aborted nobody waits for the error, which is only the consequence.
    respond(runtime.statusOf(active.reason ?? thrown, method.path));
  } finally {
    active.end();
  }
}

function serveStream(method: StreamMethod, call: ServerWritableStream<unknown, unknown>, runtime: CallRuntime): void {
  const active = begin(call, runtime, method.endless);
  const sink = {
    send: (response: unknown) => new Promise<void>((resolve) => void call.write(response, () => resolve())),
    end: () => call.end(),
    fail: (status: object) => void call.emit('error', status),
  };
  void pumpStream({ method, request: call.request, call: active }, sink, runtime);
}

type Incoming = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'cancelled' | 'getDeadline' | 'on'>;

function begin(call: Incoming, { calls }: CallRuntime, endless = false): ActiveCall {
  const { metadata } = call;
  const namespace = firstValue(metadata, namespaceHeader);
  const active = calls.begin({ namespace, lease: firstValue(metadata, leaseHeader), endless });
  // The timer of a deadline that is over already may fire after a quick answer.
  if (call.cancelled || Number(call.getDeadline()) <= Date.now()) active.abort(cancellation(call));
  else call.on('cancelled', () => active.abort(cancellation(call)));
  return active;
}

/** The timer that ends a call at its deadline may fire a little before the clock says so. */
const timerToleranceMs = 2;

function cancellation(call: Incoming): StrataError {
  const late = Number(call.getDeadline()) <= Date.now() + timerToleranceMs;
  return late ? new DeadlineExceededError('') : new CanceledError('');
}

/** Of a repeated header the first value wins; Node hands them over as one, joined with a comma and a space. */
function firstValue(metadata: Metadata, header: string): string | undefined {
  const [value] = metadata.get(header);
  if (typeof value !== 'string') return undefined;
  const end = value.indexOf(', ');
  return end === -1 ? value : value.slice(0, end);
}
