import { resolve } from 'node:path';
import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import type { EventExchange } from '../../events/index.js';
import type { Namespaces } from '../../metadata/index.js';
import { type PluginReport, type PluginSet, startPlugins } from '../../plugins/index.js';
import type { Maintenance } from '../../rpc/client/index.js';
import { type Durability, GuardedSnapshotter, type Snapshotter } from '../../snapshots/index.js';
import { openLiveMaintenance } from '../check/live-maintenance.js';
import { type Config, defaultConfig, resolveConfig } from '../config/index.js';
import { createLogger } from '../logging/logger.js';
import { builtinPlugins, configsByName } from '../parts/builtins.js';
import { pluginTypes } from '../parts/plugin-types.js';
import { Gate } from './gate.js';

/** How to open Strata in this process. */
export interface EmbeddedOptions {
  /** The directory for records and files; made when it is missing. One process at a time has it. */
  readonly root: string;
  /** The namespace of calls that name none. Default `default`. */
  readonly namespace?: string;
  /** What is on disk before a call is answered. Default: what the configuration file says, else `full`. */
  readonly durability?: Durability;
  /** A configuration file for everything else; settings about sockets and logs have no effect. Default: none. */
  readonly config?: string;
  /** Gives up the opening. */
  readonly signal?: AbortSignal;
}

/** Strata in this process: the same snapshotters, events and namespaces that a daemon serves, without a socket. */
export interface EmbeddedStrata extends AsyncDisposable {
  /** How every part fared. */
  readonly reports: readonly PluginReport[];
  readonly events: EventExchange;
  readonly namespaces: Namespaces;
  readonly maintenance: Maintenance;
  /**
   * A snapshotter, that of the setting `snapshotter` when none is named.
   * @throws InvalidArgumentError when there is none of that name, or it could not start.
   */
  snapshotter(name?: string): Snapshotter;
  /** Lets calls under way finish, and closes everything. Calling it again does nothing. */
  close(): Promise<void>;
}

/** See `openStrata`. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedStrata> {
  const config = await configOf(options);
  const plugins = await start(config, options);
  const service = plugins.reports.find(({ type }) => type === pluginTypes.service.uri);
  if (service?.status !== 'ok' || plugins.single(pluginTypes.service).size === 0) {
    await plugins.stop();
    const culprit = plugins.reports.find(({ status }) => status === 'failed');
    throw new FailedPreconditionError(
      `no snapshotter could be started: ${culprit?.error?.message ?? 'none is enabled'}`,
      {
        cause: culprit?.error,
      },
    );
  }
  const parts = {
    config,
    face: 'namespaced' as const,
    store: plugins.single(pluginTypes.store),
    snapshotters: plugins.all(pluginTypes.snapshotter),
  };
  return new Embedded(plugins, {
    namespace: options.namespace ?? 'default',
    maintenance: await openLiveMaintenance(parts),
  });
}

async function configOf({ root, config: file, durability }: EmbeddedOptions): Promise<Config> {
  const settings = file === undefined ? defaultConfig() : await resolveConfig({ file });
  return { ...settings, root: resolve(root), durability: durability ?? settings.durability };
}

async function start(config: Config, { signal }: EmbeddedOptions): Promise<PluginSet> {
  const started = new Gate();
  const logger = createLogger({ level: 'silent', format: 'json' });
  const builtins = builtinPlugins({ config, logger, reports: () => [], answering: started.opened });
  const configs = configsByName(builtins);
  const wanted = builtins.filter(({ plugin }) => plugin.type.uri !== pluginTypes.grpc.uri);
  const plugins = await startPlugins(
    wanted.map(({ plugin }) => plugin),
    {
      root: config.root,
      state: config.state,
      configOf: ({ type, id }) => configs.get(`${type}.${id}`),
      disabled: config.disabledPlugins,
      ...(signal === undefined ? {} : { signal }),
    },
  );
  started.open();
  return plugins;
}

class Embedded implements EmbeddedStrata {
  readonly events: EventExchange;
  readonly namespaces: Namespaces;
  readonly #plugins: PluginSet;
  readonly maintenance: Maintenance;
  readonly #namespace: string;

  constructor(plugins: PluginSet, { namespace, maintenance }: { namespace: string; maintenance: Maintenance }) {
    const { namespaces } = plugins.single(pluginTypes.metadata);
    if (namespaces === undefined) throw new FailedPreconditionError('the configuration asks for bare snapshotters');
    this.#plugins = plugins;
    this.#namespace = namespace;
    this.maintenance = maintenance;
    this.namespaces = namespaces;
    this.events = plugins.single(pluginTypes.event);
  }

  get reports(): readonly PluginReport[] {
    return this.#plugins.reports;
  }

  snapshotter(name = this.#plugins.single(pluginTypes.default).name): Snapshotter {
    const found = this.#plugins.single(pluginTypes.service).get(name);
    if (found === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${name}`);
    return new GuardedSnapshotter(found, { defaults: { namespace: this.#namespace } });
  }

  close(): Promise<void> {
    return this.#plugins.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
