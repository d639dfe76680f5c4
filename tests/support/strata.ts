import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { strataCommand } from './paths.js';
import { type CommandResult, mustRun, type RunOptions, run } from './run.js';
import type { Scenario } from './scenario.js';
import { type Ending, ServerProcess } from './server-process.js';

/** How a daemon is started. */
export interface StrataOptions {
  /** Without namespaces, for a containerd in front. */
  readonly proxy?: boolean;
  /** Where everything of it lies; a new directory when not given. */
  readonly directory?: string;
  /** The snapshotter whose files are looked at; overlayfs when not given. */
  readonly snapshotter?: string;
  /** Further arguments for `strata serve`. */
  readonly args?: readonly string[];
}

/** A running `strata serve`, in a directory of its own. */
export class Strata {
  readonly #scenario: Scenario;
  readonly #options: StrataOptions;
  readonly directory: string;
  #server: ServerProcess;

  private constructor(
    scenario: Scenario,
    options: StrataOptions,
    started: { directory: string; server: ServerProcess },
  ) {
    this.#scenario = scenario;
    this.#options = options;
    this.directory = started.directory;
    this.#server = started.server;
  }

  /** Starts one that goes with the scenario. */
  static async start(scenario: Scenario, options: StrataOptions = {}): Promise<Strata> {
    const directory = options.directory ?? (await scenario.directory());
    return new Strata(scenario, options, { directory, server: await serve(scenario, { directory, options }) });
  }

  /** The socket on which it answers. */
  get address(): string {
    return addressIn(this.directory);
  }

  /** Where its snapshots lie. */
  get snapshots(): string {
    const { snapshotter = 'overlayfs' } = this.#options;
    return path.join(this.directory, 'root', `io.containerd.snapshotter.v1.${snapshotter}`, 'snapshots');
  }

  /** Its process. */
  get server(): ServerProcess {
    return this.#server;
  }

  /** Runs the `strata` command against it, whatever comes of it. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return run(strataCommand, ['--address', this.address, ...args], options);
  }

  /** Runs the `strata` command against it; it has to succeed. Gives what it printed. */
  must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return mustRun(strataCommand, ['--address', this.address, ...args], options);
  }

  /** The names in the directory of snapshots. */
  async onDisk(): Promise<string[]> {
    return (await readdir(this.snapshots)).sort();
  }

  /** Ends it. */
  stop(): Promise<Ending> {
    return this.#server.stop();
  }

  /** Kills it without warning. */
  async kill(): Promise<void> {
    this.#server.signal('SIGKILL');
    await this.#server.ended;
  }

  /** Starts it again after it ended, on what it left. */
  async startAgain(): Promise<void> {
    this.#server = await serve(this.#scenario, { directory: this.directory, options: this.#options });
  }
}

/** The arguments that put a daemon into a directory. */
export function serveArguments(directory: string): readonly string[] {
  return ['serve', '--root', path.join(directory, 'root'), '--state', path.join(directory, 'state')];
}

/** The socket of the daemon in a directory. */
export function addressIn(directory: string): string {
  return path.join(directory, 's.sock');
}

function serve(scenario: Scenario, { directory, options }: { directory: string; options: StrataOptions }) {
  const address = addressIn(directory);
  const mode = options.proxy === true ? ['--proxy'] : [];
  const args = [...serveArguments(directory), '--address', address, ...mode, ...(options.args ?? [])];
  return ServerProcess.start(scenario, { command: strataCommand, args, address });
}
