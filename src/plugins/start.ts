import { join } from 'node:path';
import { FailedPreconditionError, NotFoundError, throwIfAborted } from '../errors/index.js';
import { pluginName, startOrder } from './order.js';
import { hostPlatform } from './platform.js';
import {
  type AnyRegistration,
  type PluginMeta,
  type PluginReport,
  type PluginStatus,
  type PluginType,
  SkipPlugin,
} from './plugin.js';

/** How to start plugins. */
export interface StartOptions {
  /** Each plugin's own directory is `<root>/<type>.<id>`. */
  readonly root: string;
  /** The same, for what lasts only as long as the daemon. */
  readonly state: string;
  /** The complete configuration of a plugin. */
  readonly configOf: (plugin: { readonly type: string; readonly id: string }) => unknown;
  /** Plugins to leave out, each as `<type>.<id>`, or as a type for all of it. */
  readonly disabled?: readonly string[];
  /** Gives up the start; what has started is stopped again. */
  readonly signal?: AbortSignal;
  /** Called for each plugin when its outcome is known, for logs. */
  readonly onReport?: (report: PluginReport) => void;
}

/** The plugins that were started. */
export interface PluginSet extends AsyncDisposable {
  /** All plugins with their outcomes, in the order of their start. */
  readonly reports: readonly PluginReport[];
  /** As in `PluginContext`. */
  single<T>(type: PluginType<T>): T;
  /** As in `PluginContext`. */
  all<T>(type: PluginType<T>): ReadonlyMap<string, T>;
  /**
   * Stops them in reverse order. Every one is stopped, whatever happens to the others. Stopping again waits for the
   * first time, and has its result.
   * @throws AggregateError with the failures when there were some.
   */
  stop(): Promise<void>;
}

/**
 * Starts plugins in the order of what they require. One that is skipped or fails is reported, and the others start
 * without it; what needs a plugin of its type then finds none and fails by itself.
 * @throws InvalidArgumentError when two have one name or they require each other in a circle; Canceled or
 * DeadlineExceeded when the signal was aborted, after what had started was stopped; AggregateError with that and the
 * failures when not all could be stopped.
 */
export async function startPlugins(plugins: readonly AnyRegistration[], options: StartOptions): Promise<PluginSet> {
  const set = new StartedPlugins();
  try {
    for (const plugin of startOrder(plugins)) {
      throwIfAborted(options.signal);
      const report = await set.start(plugin, options);
      options.onReport?.(report);
    }
    throwIfAborted(options.signal);
  } catch (error) {
    await stopAfter(error, set);
    throw error;
  }
  return set;
}

/** Stops what had started; a failure to do so must not hide why the start was given up. */
async function stopAfter(error: unknown, set: PluginSet): Promise<void> {
  try {
    await set.stop();
  } catch (stopping) {
    throw new AggregateError([error, stopping], 'Cannot stop all plugins after the start was given up');
  }
}

interface Started {
  readonly plugin: AnyRegistration;
  readonly instance: unknown;
}

class StartedPlugins implements PluginSet {
  readonly reports: PluginReport[] = [];
  readonly #started: Started[] = [];
  #stopping: Promise<void> | undefined;

  async start(plugin: AnyRegistration, options: StartOptions): Promise<PluginReport> {
    const meta: PluginMeta = { exports: new Map(), capabilities: [], platforms: [hostPlatform()] };
    const outcome = await this.#init(plugin, meta, options);
    const report: PluginReport = {
      type: plugin.type.uri,
      id: plugin.id,
      requires: (plugin.requires ?? []).map(({ uri }) => uri),
      exports: meta.exports,
      capabilities: meta.capabilities,
      platforms: meta.platforms,
      ...outcome,
    };
    this.reports.push(report);
    return report;
  }

  async #init(
    plugin: AnyRegistration,
    meta: PluginMeta,
    options: StartOptions,
  ): Promise<{ readonly status: PluginStatus; readonly error?: Error }> {
    try {
      if (isDisabled(plugin, options.disabled ?? [])) throw new SkipPlugin('disabled by configuration');
      this.#started.push({ plugin, instance: await plugin.init(this.#context(plugin, meta, options)) });
      return { status: 'ok' };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { status: error instanceof SkipPlugin ? 'skipped' : 'failed', error };
    }
  }

  #context(plugin: AnyRegistration, meta: PluginMeta, options: StartOptions) {
    const name = pluginName(plugin);
    return {
      // Only here is the type of a plugin's configuration lost: the list of plugins and the function that
      // finds their configuration are written side by side.
      config: options.configOf({ type: plugin.type.uri, id: plugin.id }) as never,
      root: join(options.root, name),
      state: join(options.state, name),
      meta,
      reports: this.reports,
      signal: options.signal ?? new AbortController().signal,
      single: <T>(type: PluginType<T>): T => this.single(type),
      all: <T>(type: PluginType<T>): ReadonlyMap<string, T> => this.all(type),
    };
  }

  single<T>(type: PluginType<T>): T {
    const [first, ...others] = this.all(type).values();
    if (others.length > 0) throw new FailedPreconditionError(`several plugins of type ${type.uri}, wanted one`);
    if (first === undefined) throw new NotFoundError(`no plugins registered for ${type.uri}`);
    return first;
  }

  all<T>(type: PluginType<T>): ReadonlyMap<string, T> {
    const found = new Map<string, T>();
    for (const { plugin, instance } of this.#started) {
      // What a plugin gives is of its type's `T`: `Registration` saw to that before the list forgot it.
      if (plugin.type.uri === type.uri) found.set(plugin.id, instance as T);
    }
    return found;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let last = this.#started.pop(); last !== undefined; last = this.#started.pop()) {
      try {
        await last.plugin.stop?.(last.instance as never);
      } catch (error) {
        failures.push(new Error(`Cannot stop plugin ${pluginName(last.plugin)}`, { cause: error }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `Cannot stop ${failures.length} plugins`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function isDisabled(plugin: AnyRegistration, disabled: readonly string[]): boolean {
  return disabled.includes(pluginName(plugin)) || disabled.includes(plugin.type.uri);
}
