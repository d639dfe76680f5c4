import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { endingOf } from './ending.js';
import type { Scenario } from './scenario.js';
import { until } from './until.js';

/** How a server is started. */
export interface ServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The socket on which it answers once it is ready. */
  readonly address: string;
  readonly env?: NodeJS.ProcessEnv;
  /** How it ends when it is told to; with status 0 by default. */
  readonly endsWith?: Ending;
}

/** How a process ended: its status, or the signal. */
export type Ending = number | NodeJS.Signals;

/** A server in a process of its own. */
export class ServerProcess {
  readonly address: string;
  readonly pid: number;
  readonly #child: ReturnType<typeof spawn>;
  readonly #ended: Promise<Ending>;
  readonly #log: Buffer[] = [];
  #ending: Ending | undefined;

  private constructor({ command, args, address, env }: ServerOptions) {
    this.address = address;
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = endingOf(this.#child).then(({ status, signal }) => {
      this.#ending = status ?? signal ?? 'SIGKILL';
      return this.#ending;
    });
    this.#ended.catch(() => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#log.push(chunk));
    }
    this.pid = this.#child.pid ?? 0;
  }

  /** Starts it and waits until it answers. At the end of the scenario it is stopped, and must end as it is to. */
  static async start(scenario: Scenario, options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    const name = [options.command, ...options.args].join(' ');
    scenario.onFailure(() => `--- log of ${name} (pid ${server.pid})\n${server.log()}---\n`);
    scenario.defer(async () => {
      const { endsWith = 0 } = options;
      if (server.#ending === undefined)
        assert.equal(await server.stop(), endsWith, `${name} was to end with ${endsWith}`);
    });
    await until(`${name} answers on ${options.address}`, async () => {
      if (server.#ending !== undefined) return true;
      return canConnect(options.address);
    });
    assert.equal(server.#ending, undefined, `${name} ended instead of answering`);
    return server;
  }

  /** What it printed so far. */
  log(): string {
    return Buffer.concat(this.#log).toString();
  }

  /** Whether it is still there. */
  get running(): boolean {
    return this.#ending === undefined;
  }

  /** How it ends. */
  get ended(): Promise<Ending> {
    return this.#ended;
  }

  /** Sends it a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end and waits for that; after a minute it is killed. */
  async stop(): Promise<Ending> {
    this.signal('SIGTERM');
    const timeout = new AbortController();
    const impatience = delay(60_000, undefined, { signal: timeout.signal }).then(
      () => this.signal('SIGKILL'),
      () => {},
    );
    const ending = await this.#ended;
    timeout.abort();
    await impatience;
    return ending;
  }
}

/** Whether somebody answers on a socket. */
export function canConnect(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
