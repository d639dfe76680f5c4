/** What the command line touches of the world: streams, the environment, and the rooms that are slow to load. */
import { realpathSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type Environment, processEnvironment } from '../daemon/api/index.js';
import type { Config, ConfigSources, Daemon } from '../daemon/index.js';
import type { ContainerdOptions, DaemonFacts, Diagnosis } from '../doctor/index.js';
import type { CheckEvent, CheckOptions, ConnectOptions, StrataClient } from '../rpc/client/index.js';
import type { CallContext, Mount } from '../snapshots/index.js';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** Parts of Strata that a command loads only when it needs them, since most commands need few of them. */
export interface Tools {
  /** See `connect` of the client. */
  connect(options: ConnectOptions): Promise<StrataClient>;
  /** Runs the daemon in this process until it is told to stop; returns the status to exit with. */
  runDaemon(config: Config, options?: { readonly onListening?: (daemon: Daemon) => void }): Promise<number>;
  /** Performs a list of mounts at a directory. */
  mount(mounts: readonly Mount[], directory: string): Promise<void>;
  /** Takes away everything that is mounted at a directory, or where a link leads; false when nothing is. */
  unmount(directory: string, options: { readonly recursive: boolean }): Promise<boolean>;
  /** Looks at this machine; see the doctor of the server. The daemon at the configured address is asked by `ask`. */
  examine(
    sources: ConfigSources,
    ask: (address: string) => Promise<DaemonFacts>,
    containerd: ContainerdOptions,
  ): Promise<Diagnosis>;
  /** Checks a root that no daemon serves. */
  checkRoot(config: Config, options: CheckOptions, call: CallContext): AsyncIterable<CheckEvent>;
  /** Writes a backup of the records of a root that no daemon serves. */
  backUpRoot(config: Config, file: string, call: CallContext): Promise<void>;
  /** Puts the records of a backup in the place of those of a root; `replaced` is where the latter are kept. */
  restoreRoot(config: Config, file: string, call: CallContext): Promise<{ readonly replaced: string | undefined }>;
  /** What comes on standard input. */
  standardInput(): AsyncIterable<Uint8Array>;
  /** The time that counts as now. */
  now(): Date;
}

/** The surroundings of one run of the command line: the process's, or a test's. */
export interface CliIo {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Environment;
  readonly tools: Tools;
}

const tools: Tools = {
  connect: async (options) => (await import('../rpc/client/index.js')).connect(options),
  runDaemon: async (config, options) => (await import('../daemon/index.js')).runDaemon(config, options),
  mount: async (mounts, directory) => (await import('../linux/index.js')).mountAll(mounts, directory),
  unmount: async (directory, options) => (await import('../linux/index.js')).unmountAll(realPath(directory), options),
  examine: async (...args) => (await import('../doctor/index.js')).examine(...args),
  checkRoot: async function* (...args) {
    yield* (await import('../daemon/index.js')).checkRoot(...args);
  },
  backUpRoot: async (...args) => (await import('../daemon/index.js')).backUpRoot(...args),
  restoreRoot: async (...args) => (await import('../daemon/index.js')).restoreRoot(...args),
  standardInput: () => process.stdin,
  now: () => new Date(),
};

/** Where links lead, as for the mounting; the path itself where that cannot be told, as on a dead mount. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The surroundings of this process. */
export function processIo(): CliIo {
  return { stdout: process.stdout, stderr: process.stderr, environment: processEnvironment(), tools };
}
