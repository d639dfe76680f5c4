/** Default paths: fixed ones for root, the user's own for anybody else. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AUTO } from './default-choice.js';

/** What the defaults depend on. Passed explicitly, so that the documentation and tests can ask for any user's. */
export interface Environment {
  /** The user that the process runs as; 0 is root. */
  readonly uid: number;
  /** The primary group. */
  readonly gid: number;
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The environment of this process. */
export function processEnvironment(): Environment {
  return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, variables: process.env };
}

/** A variable's value; the empty string counts as absent, as the XDG base directory specification asks. */
function variable(environment: Environment, name: string): string | undefined {
  const value = environment.variables[name];
  return value === '' ? undefined : value;
}

function home(environment: Environment): string {
  return variable(environment, 'HOME') ?? '/';
}

/** Where snapshots and records are kept: `/var/lib/strata`, or the user's data directory. */
export function defaultRoot(environment: Environment): string {
  if (environment.uid === 0) return '/var/lib/strata';
  return join(variable(environment, 'XDG_DATA_HOME') ?? join(home(environment), '.local/share'), 'strata');
}

/** What lasts as long as the daemon: `/run/strata`, or the user's runtime directory. */
export function defaultState(environment: Environment): string {
  if (environment.uid === 0) return '/run/strata';
  const runtime = variable(environment, 'XDG_RUNTIME_DIR');
  return runtime === undefined ? join(tmpdir(), `strata-${environment.uid}`) : join(runtime, 'strata');
}

/** The socket on which a daemon listens, and that a client looks for, when neither is told another. */
export function defaultAddress(environment: Environment): string {
  return join(defaultState(environment), 'strata.sock');
}

/** The file that is read, if it is there, when none is named. */
export function defaultConfigFile(environment: Environment): string {
  if (environment.uid === 0) return '/etc/strata/config.toml';
  return join(variable(environment, 'XDG_CONFIG_HOME') ?? join(home(environment), '.config'), 'strata/config.toml');
}

/** The settings of a client. */
export interface ClientDefaults {
  readonly address: string;
  readonly namespace: string;
  readonly snapshotter: string;
}

/**
 * A client's defaults. Only the namespace is shared with containerd's variables: an address meant for containerd must never
 * send a command of Strata there.
 */
export function clientDefaults(environment: Environment): ClientDefaults {
  return {
    address: variable(environment, 'STRATA_ADDRESS') ?? defaultAddress(environment),
    namespace: variable(environment, 'STRATA_NAMESPACE') ?? variable(environment, 'CONTAINERD_NAMESPACE') ?? 'default',
    snapshotter: variable(environment, 'STRATA_SNAPSHOTTER') ?? AUTO,
  };
}
