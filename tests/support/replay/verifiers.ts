import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Image } from './image.js';
import type { Verdict } from './verifier.js';

const program = fileURLToPath(new URL('./verifier.js', import.meta.url));

/** A file system in memory, where there is one: what is put there is read once. */
const memory = '/dev/shm';

/** After so many milliseconds a disk counts as one on which Strata hangs. */
const patience = 120_000;

/** Some processes that start Strata on disks; one that dies of it is replaced. */
export class Verifiers implements AsyncDisposable {
  readonly #idle: Verifier[] = [];
  readonly #waiting: ((verifier: Verifier) => void)[] = [];
  readonly #all: Verifier[] = [];

  /** Starts them. */
  static async start(count: number): Promise<Verifiers> {
    const verifiers = new Verifiers();
    for (let started = 0; started < count; started++) {
      const verifier = await Verifier.make();
      verifiers.#all.push(verifier);
      verifiers.#idle.push(verifier);
    }
    return verifiers;
  }

  /** How many there are. */
  get count(): number {
    return this.#all.length;
  }

  /** What one of them finds on a disk, when it is its turn. */
  async verify(image: Image): Promise<Verdict> {
    const verifier = this.#idle.pop() ?? (await new Promise<Verifier>((resolve) => this.#waiting.push(resolve)));
    try {
      return await verifier.verify(image);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(verifier);
      else next(verifier);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((verifier) => verifier[Symbol.asyncDispose]()));
  }
}

class Verifier implements AsyncDisposable {
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async make(): Promise<Verifier> {
    const base = existsSync(memory) ? memory : tmpdir();
    return new Verifier(await mkdtemp(path.join(base, 'strata-')));
  }

  async verify(image: Image): Promise<Verdict> {
    const child = await this.#running();
    const clock = new AbortController();
    const late = setTimeout(() => child.kill('SIGKILL'), patience);
    try {
      const verdict = once(child, 'message', clock) as Promise<[Verdict]>;
      const end = once(child, 'exit', clock).then(([status, signal]) => [{ error: `ended with ${signal ?? status}` }]);
      verdict.catch(() => undefined);
      end.catch(() => undefined);
      child.send(image);
      const [answer] = await Promise.race([verdict, end]);
      return answer ?? { error: 'no answer' };
    } finally {
      clearTimeout(late);
      clock.abort();
    }
  }

  async #running(): Promise<ChildProcess> {
    if (this.#child?.connected === true) return this.#child;
    const child = fork(program, [this.#directory], {
      serialization: 'advanced',
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    this.#child = child;
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}
