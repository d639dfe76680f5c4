/** The options that every command takes, before or after its name. */
import { parseDuration } from '../base/api/index.js';
import { type ClientDefaults, clientDefaults, type Environment } from '../daemon/api/index.js';
import { UsageError } from './failure.js';
import type { OptionSpec } from './option-spec.js';
import { socketArgument } from './path-argument.js';

/** Which of them a command takes: one that calls the daemon all, one that works alone only those for its output. */
export type GlobalOptionSet = 'client' | 'local' | 'none';

const clientOptions: readonly OptionSpec[] = [
  { flags: '-a, --address <path>', description: 'socket of the daemon ($STRATA_ADDRESS)' },
  { flags: '-n, --namespace <name>', description: 'namespace to work in ($STRATA_NAMESPACE, $CONTAINERD_NAMESPACE)' },
  {
    flags: '--snapshotter <name>',
    description: "snapshotter to work with ($STRATA_SNAPSHOTTER); the daemon's default when absent",
  },
  {
    flags: '--lease <id>',
    description: 'put what the command makes under this lease, and take off it what it removes',
  },
  { flags: '--timeout <duration>', description: 'give up after this time, such as 10s' },
];

const localOptions: readonly OptionSpec[] = [{ flags: '--json', description: 'print JSON, names as they are' }];

/** The options of a set. */
export function globalOptions(set: GlobalOptionSet): readonly OptionSpec[] {
  return { client: [...clientOptions, ...localOptions], local: localOptions, none: [] }[set];
}

/** What the command line gave. */
export interface GivenGlobals {
  readonly address?: string;
  readonly namespace?: string;
  readonly snapshotter?: string;
  readonly lease?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

/** Where the daemon is that a command is for. */
export interface DaemonAddress {
  /** The absolute path of its socket. */
  readonly address: string;
  /** Whether an option or the environment says so. */
  readonly isNamed: boolean;
}

/** What holds for a command: given, or else from the environment, or else the default. */
export interface Globals extends Omit<ClientDefaults, 'address'> {
  readonly json: boolean;
  readonly lease?: string;
  /** Milliseconds; absent waits as long as it takes. */
  readonly timeout?: number;
}

/** @throws UsageError when the timeout is no duration. */
export function resolveGlobals(given: GivenGlobals, environment: Environment): Globals {
  const defaults = clientDefaults(environment);
  return {
    namespace: given.namespace ?? defaults.namespace,
    snapshotter: given.snapshotter ?? defaults.snapshotter,
    json: given.json ?? false,
    ...(given.lease === undefined ? {} : { lease: given.lease }),
    ...(given.timeout === undefined ? {} : { timeout: readTimeout(given.timeout) }),
  };
}

/** @throws UsageError when it is no path of a socket, naming the option or the variable. */
export function resolveAddress(given: GivenGlobals, environment: Environment): DaemonAddress {
  if (given.address !== undefined) return { address: socketArgument(given.address, '--address'), isNamed: true };
  const isNamed = (environment.variables['STRATA_ADDRESS'] ?? '') !== '';
  return { address: socketArgument(clientDefaults(environment).address, '$STRATA_ADDRESS'), isNamed };
}

/** The longest that a timer of Node can wait. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function readTimeout(text: string): number {
  const timeout = parseDuration(text);
  if (timeout !== undefined && timeout > 0 && timeout <= MAX_TIMEOUT) return timeout;
  throw new UsageError(`--timeout: want a duration such as 10s, got ${JSON.stringify(text)}`);
}
