import type { FaultPoints } from '../../base/index.js';
import { type PluginReport, type PluginSet, startPlugins } from '../../plugins/index.js';
import { createGrpcServer, type GrpcServer } from '../../rpc/engines/index.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logging/logger.js';
import { builtinPlugins, configsByName } from '../parts/builtins.js';
import { pluginTypes } from '../parts/plugin-types.js';
import { type Activity, activityOf } from './activity.js';
import type { Daemon } from './daemon-types.js';
import { Gate } from './gate.js';
import { KeptSocket } from './kept-socket.js';
import { requireService } from './require-service.js';
import { claimSocket, type SocketClaim } from './socket.js';

/** What a daemon is started with, beside its configuration. */
export interface StartDaemonOptions {
  readonly logger: Logger;
  /** Gives up the start; what has started is stopped again. */
  readonly signal: AbortSignal;
  /** Told at points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/**
 * Starts the daemon: claims its socket, starts the plugins, and answers. When this resolves it can be called.
 * @throws AlreadyExistsError when another daemon answers on the socket; FailedPreconditionError when another process has
 * the root; and as `requireService`.
 */
export async function startDaemon(config: Config, options: StartDaemonOptions): Promise<Daemon> {
  const claim = await claimOf(config);
  const answering = new Gate();
  const plugins = await orUndo(() => startBuiltins(config, options, answering), claim);
  const server = await orUndo(() => answer(plugins, { claim, config, logger: options.logger }), plugins, claim);
  answering.open();
  const socket = new KeptSocket(claim, {
    address: config.grpc.address,
    claim: () => claimOf(config),
    listen: (path) => server.listen(path),
    logger: options.logger,
  });
  return new RunningDaemon({ config, socket, plugins, server });
}

function claimOf({ grpc: { address, mode, uid, gid } }: Config): Promise<SocketClaim> {
  return claimSocket(address, { mode, uid, gid });
}

/** Does a step of the start; when it fails, undoes the steps before it, the newest first. */
async function orUndo<T>(step: () => Promise<T>, ...before: readonly AsyncDisposable[]): Promise<T> {
  try {
    return await step();
  } catch (error) {
    for (const done of before) await done[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the socket, and gives it its public name last, so that every client that finds it is answered. */
async function answer(
  plugins: PluginSet,
  { claim, config, logger }: { readonly claim: SocketClaim; readonly config: Config; readonly logger: Logger },
): Promise<GrpcServer> {
  requireService(plugins);
  const services = [...plugins.all(pluginTypes.grpc).values()];
  const server = createGrpcServer({
    services,
    log: logger,
    engine: config.grpc.engine,
    largestMessage: config.grpc.maxMessageSize,
  });
  await orUndo(async () => {
    await server.listen(claim.bindPath);
    await claim.publish();
  }, server);
  return server;
}

async function startBuiltins(config: Config, options: StartDaemonOptions, answering: Gate): Promise<PluginSet> {
  let started: PluginSet | undefined;
  const { signal, ...parts } = options;
  const builtins = builtinPlugins({
    ...parts,
    config,
    reports: () => started?.reports ?? [],
    answering: answering.opened,
  });
  const configs = configsByName(builtins);
  started = await startPlugins(
    builtins.map(({ plugin }) => plugin),
    {
      root: config.root,
      state: config.state,
      configOf: ({ type, id }) => configs.get(`${type}.${id}`),
      disabled: config.disabledPlugins,
      signal,
    },
  );
  return started;
}

interface DaemonParts {
  readonly config: Config;
  readonly socket: KeptSocket;
  readonly plugins: PluginSet;
  readonly server: GrpcServer;
}

class RunningDaemon implements Daemon {
  readonly #parts: DaemonParts;
  #closing: Promise<void> | undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
  }

  get address(): string {
    return this.#parts.config.grpc.address;
  }

  get root(): string {
    return this.#parts.config.root;
  }

  get reports(): readonly PluginReport[] {
    return this.#parts.plugins.reports;
  }

  activity(): Activity {
    return activityOf(this.#parts.plugins, this.#parts.server);
  }

  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    const { config, socket, plugins, server } = this.#parts;
    server.setNotServing();
    try {
      await server.close({ graceMs: config.shutdownTimeout });
    } finally {
      try {
        await plugins.stop();
      } finally {
        await socket[Symbol.asyncDispose]();
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
