import { setTimeout as delay } from 'node:timers/promises';
import { socketPath } from '../../base/index.js';
import { InvalidArgumentError, messageOf, UnavailableError } from '../../errors/index.js';
import { ActiveCalls, type CallUnderWay } from './active-calls.js';
import { directEngine } from './direct.js';
import type { EngineOptions, GrpcEngine } from './engine.js';
import { Health, healthService } from './health.js';
import type { ServiceLog } from './log.js';
import { nodeEngine } from './node.js';
import type { GrpcService } from './service.js';
import { createStatusMapper } from './status.js';

/** The largest message in either direction, in bytes, as in containerd (defaults/defaults.go). */
export const maxMessageBytes = 16 * 1024 * 1024;

/** What can speak gRPC for a server. All of them behave alike. */
export const grpcEngines = { direct: directEngine, node: nodeEngine } as const satisfies Record<
  string,
  (options: EngineOptions) => GrpcEngine
>;

/** The name of an engine. */
export type GrpcEngineName = keyof typeof grpcEngines;

/** How long calls that are aborted at shutdown have to tell their clients so. */
const lastWordsMs = 100;

/** What a server is made of. */
export interface GrpcServerOptions {
  /** What it offers, beside health. */
  readonly services: readonly GrpcService[];
  readonly log: ServiceLog;
  /** What speaks gRPC: `direct`, the default, on our own HTTP/2 server, or `node`, on Node's, which is slower. */
  readonly engine?: GrpcEngineName;
  /**
   * How long a connection may be silent before it is asked for a sign of life, and how long that may take, in
   * milliseconds; 300,000 by default. A client that is gone is noticed at once; this is for connections that Node keeps
   * after a violation of the protocol, whose end it does not notice.
   */
  readonly keepaliveMs?: number;
  /** The largest message in either direction, in bytes; 16 MiB by default, as in containerd. */
  readonly largestMessage?: number;
}

/** How to close a server. */
export interface CloseOptions {
  /** How long calls that are under way may go on, in milliseconds; 5000 by default, 0 ends them at once. */
  readonly graceMs?: number;
}

/** The services behind a socket. */
export interface GrpcServer extends AsyncDisposable {
  /** The calls that are under way, the oldest first. */
  readonly callsUnderWay: readonly CallUnderWay[];
  /**
   * Listens on a unix socket, an absolute path or `unix:<path>`; may be called for several. The file gets the mode that
   * the umask leaves.
   * @throws InvalidArgumentError for an address that is none or whose path is longer than 107 bytes; UnavailableError
   * when the socket cannot be had, for instance because there is a file of that name, or the server is closed.
   */
  listen(address: string): Promise<void>;
  /** Lets the health service say NOT_SERVING from now on. */
  setNotServing(): void;
  /**
   * Takes no more calls, ends subscriptions and watches with Unavailable, lets other calls finish, and after the grace
   * period aborts and disconnects those that have not. Resolves when the sockets are closed and their files gone.
   * Calling it again waits for the same end.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** Makes a server, which listens nowhere yet. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { services, log, engine: name = 'direct', keepaliveMs = 300_000, largestMessage = maxMessageBytes } = options;
  const calls = new ActiveCalls();
  const health = new Health(services.map((service) => service.name));
  const runtime = { calls, log, statusOf: createStatusMapper(log) };
  const served = [...services, healthService(health)].flatMap(({ methods }) => methods);
  const methods = new Map(served.map((method) => [method.path, method]));
  const engine = grpcEngines[name]({ methods, runtime, keepaliveMs, largestMessage });

  let closing: Promise<void> | undefined;
  const close = (options: CloseOptions = {}): Promise<void> => {
    closing ??= shutDown(engine, calls, options);
    return closing;
  };
  return {
    get callsUnderWay() {
      return calls.describe();
    },
    listen: async (address) => {
      if (closing !== undefined) throw new UnavailableError('the server is closed');
      await bind(engine, address);
    },
    setNotServing: () => health.setNotServing(),
    close,
    [Symbol.asyncDispose]: () => close(),
  };
}

async function bind(engine: GrpcEngine, address: string): Promise<void> {
  const found = socketPath(address);
  if ('problem' in found) throw new InvalidArgumentError(found.problem);
  try {
    await engine.listen(found.path);
  } catch (error) {
    throw new UnavailableError(`cannot listen on ${found.path}: ${messageOf(error)}`, { cause: error });
  }
}

async function shutDown(engine: GrpcEngine, calls: ActiveCalls, { graceMs = 5000 }: CloseOptions): Promise<void> {
  const reason = new UnavailableError('the server is closing');
  const closed = engine.close();
  calls.endStreams(reason);
  if (await within(Promise.all([closed, calls.idle()]), graceMs)) return;
  calls.abortAll(reason);
  await within(calls.idle(), lastWordsMs);
  engine.destroy();
  await closed;
}

/** Whether a promise resolves in time. */
async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(milliseconds, false, { signal: timer.signal });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    timer.abort();
    late.catch(() => {});
  }
}
