import { resolve } from 'node:path';
import { noFaults } from '../../base/index.js';
import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import type { Images } from '../../images/index.js';
import { type PluginReport, type PluginSet, startPlugins } from '../../plugins/index.js';
import type { ClientEvents, ClientLeases, ClientNamespaces, Maintenance, Workspaces } from '../../rpc/client/index.js';
import type { Durability, Snapshotter } from '../../snapshots/index.js';
import { openLiveMaintenance } from '../check/live-maintenance.js';
import { type Config, defaultConfig, resolveConfig } from '../config/index.js';
import { createLogger } from '../logging/logger.js';
import { builtinPlugins, configsByName } from '../parts/builtins.js';
import { type OpenDriver, ownDriverPlugins } from '../parts/own-drivers.js';
import { pluginTypes } from '../parts/plugin-types.js';
import { embeddedEvents } from './embedded-events.js';
import { embeddedImages } from './embedded-images.js';
import { embeddedLeases } from './embedded-leases.js';
import { embeddedNamespaces } from './embedded-namespaces.js';
import { embeddedWorkspaces } from './embedded-workspaces.js';
import { Gate } from './gate.js';
import { requireService } from './require-service.js';

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
  /** Back ends beside Strata's own, by names that `snapshotter(name)` takes; see `strata-snapshotter/driver`. */
  readonly drivers?: Readonly<Record<string, OpenDriver>>;
  /** Gives up the opening. */
  readonly signal?: AbortSignal;
}

/** Strata in this process: the same snapshotters, events and namespaces that a daemon serves, without a socket. */
export interface EmbeddedStrata extends AsyncDisposable {
  /** The outcome of every part. */
  readonly reports: readonly PluginReport[];
  readonly events: ClientEvents;
  readonly namespaces: ClientNamespaces;
  readonly leases: ClientLeases;
  readonly images: Images;
  readonly maintenance: Maintenance;
  readonly workspaces: Workspaces;
  /**
   * A snapshotter; without a name, that of the setting `snapshotter`.
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
  try {
    requireService(plugins);
  } catch (error) {
    await plugins.stop();
    throw error;
  }
  const parts = {
    config,
    store: plugins.single(pluginTypes.store),
    snapshotters: plugins.all(pluginTypes.snapshotter),
    collections: plugins.single(pluginTypes.metadata).own?.collections,
    defaultName: plugins.single(pluginTypes.default).name,
    namespace: options.namespace ?? 'default',
  };
  return new Embedded(plugins, await openLiveMaintenance(parts), options.namespace ?? 'default');
}

async function configOf({ root, config: file, durability }: EmbeddedOptions): Promise<Config> {
  const settings = file === undefined ? defaultConfig() : await resolveConfig({ file });
  return { ...settings, root: resolve(root), durability: durability ?? settings.durability };
}

async function start(
  config: Config,
  { signal, namespace = 'default', drivers = {} }: EmbeddedOptions,
): Promise<PluginSet> {
  const started = new Gate();
  const builtins = builtinPlugins({ config, logger: silent, reports: () => [], answering: started.opened, namespace });
  const parts = { logger: silent, answering: started.opened, durability: config.durability, faults: noFaults };
  const all = [...builtins, ...ownDriverPlugins(drivers, parts)];
  const configs = configsByName(all);
  const wanted = all.filter(({ plugin }) => plugin.type.uri !== pluginTypes.grpc.uri);
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

/** Whoever uses the library hears of failures by errors. */
const silent = createLogger({ level: 'silent', format: 'json' });

class Embedded implements EmbeddedStrata {
  readonly events: ClientEvents;
  readonly namespaces: ClientNamespaces;
  readonly leases: ClientLeases;
  readonly images: Images;
  readonly #plugins: PluginSet;
  readonly maintenance: Maintenance;
  readonly workspaces: Workspaces;

  constructor(plugins: PluginSet, maintenance: Maintenance, namespace: string) {
    const { own } = plugins.single(pluginTypes.metadata);
    if (own === undefined) throw new FailedPreconditionError('the configuration asks for bare snapshotters');
    this.#plugins = plugins;
    this.maintenance = maintenance;
    const events = plugins.single(pluginTypes.event);
    this.namespaces = embeddedNamespaces({ namespaces: own.namespaces, events, log: silent });
    this.leases = embeddedLeases(own, namespace);
    this.images = embeddedImages(plugins.single(pluginTypes.images), namespace);
    this.workspaces = embeddedWorkspaces(plugins.single(pluginTypes.workspaces), namespace);
    this.events = embeddedEvents(events, namespace);
  }

  get reports(): readonly PluginReport[] {
    return this.#plugins.reports;
  }

  snapshotter(name = this.#plugins.single(pluginTypes.default).name): Snapshotter {
    const found = this.#plugins.single(pluginTypes.service).get(name);
    if (found === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${name}`);
    return found;
  }

  close(): Promise<void> {
    return this.#plugins.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
