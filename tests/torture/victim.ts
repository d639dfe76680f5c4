import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultPoint } from '../../src/base/index.js';
import { endingOf } from '../support/ending.js';

const program = fileURLToPath(new URL('./daemon.js', import.meta.url));

/** Where a daemon shall end itself. */
export interface Fault {
  readonly point: FaultPoint;
  /** At which passing. */
  readonly count: number;
  /** Whether passings count from its start, or from `arm` on. */
  readonly from: 'start' | 'later';
}

const longestStart = 300_000;

/** A daemon in a process of its own, which is going to be killed. */
export class Victim implements AsyncDisposable {
  readonly pid: number;
  readonly #child: ReturnType<typeof spawn>;
  readonly #log: Buffer[] = [];
  /** Resolves when it has ended, with the signal or status. */
  readonly ended: Promise<NodeJS.Signals | number>;
  #ending: NodeJS.Signals | number | undefined;
  #listening: () => void = () => undefined;
  readonly #ready = new Promise<void>((resolve) => {
    this.#listening = resolve;
  });

  constructor(configFile: string, fault: Fault | undefined) {
    const where = fault === undefined ? [] : [fault.point, String(fault.count), fault.from];
    const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
    this.#child = spawn(process.execPath, ['--enable-source-maps', program, configFile, ...where], { env });
    this.pid = this.#child.pid ?? 0;
    this.ended = endingOf(this.#child).then(({ status, signal }) => {
      this.#ending = signal ?? status ?? 'SIGKILL';
      return this.#ending;
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.on('data', () => this.#listening());
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#log.push(chunk));
  }

  /** Whether it has ended. */
  get dead(): boolean {
    return this.#ending !== undefined;
  }

  /** What it had to say, and where it died. */
  get log(): string {
    return Buffer.concat(this.#log).toString();
  }

  /** The point at which it ended itself, if it did. */
  get diedAt(): string | undefined {
    return /^died at (\S+)$/m.exec(this.log)?.[1];
  }

  /** Waits until it answers. @returns false when it ended itself before. @throws Error when it ended otherwise. */
  async answers(): Promise<boolean> {
    const clock = new AbortController();
    const late = delay(longestStart, 'late', { signal: clock.signal }).catch(() => 'in time');
    const first = await Promise.race([this.#ready.then(() => 'listening'), this.ended, late]);
    clock.abort();
    if (first === 'listening') return true;
    if (first === 'SIGKILL' && this.diedAt !== undefined) return false;
    throw new Error(`the daemon did not start (${first}):\n${this.log}`);
  }

  /** Lets the passings of its point count from now on. */
  arm(): void {
    this.#child.stdin?.write('arm\n');
  }

  /** Kills it, if it is not dead by itself, and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  /** Waits so long for its own end, in milliseconds. @returns whether it came. */
  async endsWithin(time: number): Promise<boolean> {
    const clock = new AbortController();
    const late = delay(time, 'late', { signal: clock.signal }).catch(() => 'late');
    await Promise.race([this.ended, late]);
    clock.abort();
    return this.dead;
  }
}
