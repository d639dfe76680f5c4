/**
 * Plugins: the parts of the daemon, their types, and what they need of each other (containerd: github.com/containerd/plugin).
 *
 * A registration is a value, listed once in `daemon/parts/builtins.ts`; nothing registers itself on import. Types are typed
 * tokens: the compiler knows what a plugin of a type gives, so no consumer casts.
 */

/** A type of plugin; `T` is what plugins of this type give. Types are containerd's URIs where it has such a type. */
export interface PluginType<T> {
  readonly uri: string;
  /** Carries the type only; never set. */
  readonly instance?: T;
}

/** What a plugin tells about itself: shown by Introspection and `strata plugins`. */
export interface PluginMeta {
  /** Facts for clients, such as `root`. */
  readonly exports: Map<string, string>;
  readonly capabilities: string[];
  platforms: readonly Platform[];
}

/** An OCI platform. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** What a plugin gets when it starts. */
export interface PluginContext<Config> {
  /** Its part of the configuration, complete. */
  readonly config: Config;
  /** A directory of its own that survives, `<root>/<type>.<id>`; not made yet. */
  readonly root: string;
  /** A directory of its own for this run, `<state>/<type>.<id>`; not made yet. */
  readonly state: string;
  /** To be filled by the plugin while it starts. */
  readonly meta: PluginMeta;
  /** What became of the plugins that came before. */
  readonly reports: readonly PluginReport[];
  /** Aborted when the daemon gives up starting. */
  readonly signal: AbortSignal;
  /** The one plugin of a type that started. @throws NotFoundError when none did; FailedPreconditionError when several did. */
  single<T>(type: PluginType<T>): T;
  /** All plugins of a type that started, by id; those that were skipped or failed are left out. */
  all<T>(type: PluginType<T>): ReadonlyMap<string, T>;
}

/** A plugin, before it is started. */
export interface Registration<T, Config = unknown> {
  readonly type: PluginType<T>;
  readonly id: string;
  /** Types that start before it. A plugin of these types that fails does not stop this one. */
  readonly requires?: readonly PluginType<unknown>[];
  /**
   * Starts it.
   * @throws SkipPlugin when this machine or the configuration does not want it; anything else is a failure.
   */
  init(context: PluginContext<Config>): Promise<T> | T;
  /** Stops it. Called in reverse order of starting. */
  stop?(instance: T): Promise<void> | void;
}

/** Declares a type of plugin by its URI. */
export function pluginType<T>(uri: string): PluginType<T> {
  return Object.freeze({ uri });
}

/** A registration without its types, for lists of several. */
export type AnyRegistration = Registration<unknown, never>;

/** Declares a plugin; checks that what it gives is what its type promises. */
export function definePlugin<T, Config = undefined>(registration: Registration<T, Config>): Registration<T, Config> {
  return Object.freeze(registration);
}

/**
 * Thrown by a plugin that is not wanted here: this machine cannot run it, or the configuration leaves it out. That is no
 * failure. Its message ends in `skip plugin`, by which clients of Introspection tell it from one.
 */
export class SkipPlugin extends Error {
  /** Why, without the end of the message. */
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`${reason}: skip plugin`, options);
    this.reason = reason;
    this.name = 'SkipPlugin';
  }
}

/** The outcome of a plugin's start. */
export type PluginStatus = 'ok' | 'skipped' | 'failed';

/** A plugin after the start, with the outcome. */
export interface PluginReport {
  readonly type: string;
  readonly id: string;
  readonly requires: readonly string[];
  readonly status: PluginStatus;
  /** Why it is not `ok`; the text ends in `skip plugin` when it was skipped. */
  readonly error?: Error;
  readonly exports: ReadonlyMap<string, string>;
  readonly capabilities: readonly string[];
  readonly platforms: readonly Platform[];
}
