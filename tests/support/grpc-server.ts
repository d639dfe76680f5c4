import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvalidArgumentError, NotImplementedError } from '../../src/errors/index.js';
import { type ConnectOptions, connect, type StrataClient } from '../../src/rpc/client/index.js';
import {
  createGrpcServer,
  type GrpcEngineName,
  type GrpcServer,
  type GrpcService,
  grpcEngines,
} from '../../src/rpc/engines/index.js';
import { snapshotsService } from '../../src/rpc/services/index.js';
import type { Snapshotter } from '../../src/snapshots/index.js';

/** What the other end of a client's tests is made of. */
export { defineService } from '../../src/rpc/engines/index.js';
export { eventsService, versionService } from '../../src/rpc/services/index.js';

/** A server on a socket of its own, for a test. Disposing of it ends everything and deletes the socket. */
export interface TemporaryServer extends AsyncDisposable {
  readonly server: GrpcServer;
  /** The path of the socket. */
  readonly socket: string;
  /** What the server logged. */
  readonly logged: LoggedLine[];
  /** Makes a client that lives as long as the server. */
  connect(options?: Omit<ConnectOptions, 'address'>): StrataClient;
}

/** A line of a log. */
export interface LoggedLine {
  readonly level: 'warn' | 'error';
  readonly details: object;
  readonly message: string;
}

/** Every engine, for suites that run over all of them. */
export const engineNames = Object.keys(grpcEngines) as GrpcEngineName[];

/** What can be chosen about a server for a test. */
export interface TemporaryServerOptions {
  readonly engine?: GrpcEngineName;
}

/** Serves services on a socket in a new directory. */
export async function temporaryServer(
  services: readonly GrpcService[],
  options: TemporaryServerOptions = {},
): Promise<TemporaryServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-grpc-'));
  const socket = path.join(directory, 'test.sock');
  const logged: LoggedLine[] = [];
  const log = {
    warn: (details: object, message: string) => void logged.push({ level: 'warn', details, message }),
    error: (details: object, message: string) => void logged.push({ level: 'error', details, message }),
  };
  const server = createGrpcServer({ services, log, ...options });
  const clients: StrataClient[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all([server.close({ graceMs: 0 }), ...clients.map((client) => client.close())]);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.listen(socket);
  } catch (error) {
    await dispose();
    throw error;
  }
  const connectTo: TemporaryServer['connect'] = (options = {}) => {
    const client = connect({ address: socket, ...options });
    clients.push(client);
    return client;
  };
  return { server, socket, logged, connect: connectTo, [Symbol.asyncDispose]: dispose };
}

/** Serves snapshotters by their names. */
export function serveSnapshotters(
  snapshotters: Readonly<Record<string, Snapshotter>>,
  options: TemporaryServerOptions = {},
): Promise<TemporaryServer> {
  const resolveSnapshotter = (name: string): Snapshotter => {
    const found = name === 'auto' ? Object.values(snapshotters)[0] : snapshotters[name];
    if (found !== undefined) return found;
    throw new InvalidArgumentError(name === '' ? 'snapshotter argument missing' : `snapshotter not loaded: ${name}`);
  };
  return temporaryServer([snapshotsService({ resolveSnapshotter })], options);
}

/** A snapshotter that does what it is told, and throws NotImplementedError for what it is not told. */
export function fakeSnapshotter(methods: Partial<Snapshotter>): Snapshotter {
  const refuse = async (): Promise<never> => {
    throw new NotImplementedError('fake snapshotter');
  };
  return {
    prepare: refuse,
    view: refuse,
    mounts: refuse,
    commit: refuse,
    remove: refuse,
    stat: refuse,
    update: refuse,
    usage: refuse,
    // biome-ignore lint/correctness/useYield: it throws before there is anything to give
    walk: async function* () {
      await refuse();
    },
    cleanup: refuse,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
    ...methods,
  };
}
