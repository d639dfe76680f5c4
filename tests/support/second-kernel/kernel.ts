import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandResult } from '../run.js';
import { initScript, readyLine } from './init.js';
import { kernelProgram } from './kernels.js';
import { Machine } from './machine.js';
import { moduleFiles } from './modules.js';
import { quote } from './quote.js';

/** How a second kernel is booted. */
export interface SecondKernelOptions {
  /** An existing folder, which the kernel's own files are put into; its path is the same inside. */
  readonly directory: string;
  /** Image files; inside they are /dev/ubda, /dev/ubdb and so on. They survive the kernel. */
  readonly disks?: readonly string[];
  /** Kernel modules to load, with what they need: `overlay`, `loop`, `dm-thin-pool`, ... */
  readonly modules?: readonly string[];
  /** Its memory; 768 MiB by default, taken as it is used. */
  readonly megabytes?: number;
  /** The kernel; the one that was chosen for this machine by default. */
  readonly program?: string;
}

/** What is out of the ordinary about a command inside. */
export interface InsideOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** After this many seconds the kernel is cut; 300 by default. */
  readonly seconds?: number;
}

/** How often a kernel that does not come up is booted. */
const bootAttempts = 3;

/** How long a boot may take; two seconds is usual. */
const bootSeconds = 180;

/**
 * A second Linux kernel beside ours (user-mode-linux), for what ours lacks and for what must not happen to ours: quotas,
 * the device mapper, power cuts. The files of this system are its root, for reading only, so that it runs our Node on
 * what was compiled here. It boots in about two seconds and has one slow processor: it shows what is right, never how
 * fast it is.
 */
export class SecondKernel implements AsyncDisposable {
  /** A folder that both kernels write, under the same path. What is written and synchronised inside is there outside. */
  readonly share: string;
  readonly #machine: Machine;
  readonly #calls: Calls;

  private constructor(share: string, machine: Machine, calls: Calls) {
    this.share = share;
    this.#machine = machine;
    this.#calls = calls;
  }

  /**
   * Boots one; it is up when this resolves. One that does not come up has nothing to do with what is tested in it, so
   * that it is tried again.
   * @throws Error with its console when none of three comes up.
   */
  static async boot(options: SecondKernelOptions): Promise<SecondKernel> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await SecondKernel.#boot(options);
      } catch (error) {
        if (attempt === bootAttempts) throw error;
      }
    }
  }

  static async #boot(options: SecondKernelOptions): Promise<SecondKernel> {
    const place = await mkdtemp(path.join(options.directory, 'kernel-'));
    const share = path.join(place, 'share');
    const temporary = path.join(place, 'tmp');
    await mkdir(share);
    await mkdir(temporary);
    const init = path.join(place, 'init');
    const { disks = [], megabytes = 768, program = await kernelProgram() } = options;
    const modules = await moduleFiles(program, options.modules ?? []);
    await writeFile(init, initScript({ share, temporary, modules }), { mode: 0o755 });
    const calls = new Calls();
    const machine = await Machine.start({ program, init, directory: place, disks, megabytes }, (line) =>
      calls.answer(line),
    );
    void machine.ended.then(() => calls.fail(() => new Error(`the second kernel is off\n${machine.console()}`)));
    const kernel = new SecondKernel(share, machine, calls);
    await kernel.#within(bootSeconds, calls.ready);
    return kernel;
  }

  /** The group of its processes, which has the number of the first of them. */
  get group(): number {
    return this.#machine.group;
  }

  /** What the kernel itself printed so far. */
  console(): string {
    return this.#machine.console();
  }

  /**
   * Runs a command inside to its end, whatever that is; its status is 128 and more when a signal ended it.
   * @throws Error when the kernel is cut, breaks, or takes too long.
   */
  async run(command: string, args: readonly string[], options: InsideOptions = {}): Promise<CommandResult> {
    const { env = {}, cwd, seconds = 300 } = options;
    const { call, ended } = this.#calls.next();
    const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
    const line = [command, ...args].map(quote).join(' ');
    const change = cwd === undefined ? '' : `cd ${quote(cwd)} || exit 126\n`;
    await writeFile(path.join(this.share, `${call}.sh`), `${change}${variables.join('')}exec ${line}\n`);
    this.#machine.say(call);
    const status = await this.#within(seconds, ended);
    const [stdout, stderr] = await Promise.all([this.#output(`${call}.out`), this.#output(`${call}.err`)]);
    await rm(path.join(this.share, `${call}.sh`));
    return { status, signal: undefined, stdout, stderr };
  }

  /**
   * Runs a command inside that has to succeed, and gives what it printed to its standard output.
   * @throws Error with everything it printed, when it did not end with status 0.
   */
  async must(command: string, args: readonly string[], options: InsideOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, args, options);
    if (status === 0) return stdout;
    throw new Error(`inside, ${command} ${args.join(' ')} ended with status ${status}\n${stdout}${stderr}`);
  }

  /**
   * Cuts the power: all that was in the memory of the kernel is lost, its page cache with it, and what it wrote to its
   * disks stays. Calls in flight fail.
   */
  async cut(): Promise<void> {
    await this.#machine.cut();
  }

  /** Cuts it. What is in its folder stays. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }

  async #output(name: string): Promise<string> {
    const file = path.join(this.share, name);
    const text = await readFile(file, 'utf8');
    await rm(file);
    return text;
  }

  async #within<T>(seconds: number, result: Promise<T>): Promise<T> {
    const timer = setTimeout(() => void this.#machine.cut(), seconds * 1000);
    try {
      return await result;
    } finally {
      clearTimeout(timer);
    }
  }
}

interface Waiting {
  resolve(status: number): void;
  reject(error: Error): void;
}

/** The calls that wait for their answers. */
class Calls {
  /** Resolves when the kernel takes calls. */
  readonly ready: Promise<number>;
  readonly #waiting = new Map<string, Waiting>();
  #last = 0;
  #failure: (() => Error) | undefined;

  constructor() {
    this.ready = this.#expect(readyLine);
  }

  /** A new call, by its number, and the status it ends with. */
  next(): { call: string; ended: Promise<number> } {
    this.#last += 1;
    const call = String(this.#last);
    return { call, ended: this.#expect(call) };
  }

  /** Takes a line that the kernel said. */
  answer(line: string): void {
    const [call = '', status = '0'] = line.trim().split(' ');
    this.#waiting.get(call)?.resolve(Number(status));
    this.#waiting.delete(call);
  }

  /** Fails all calls, those to come as well. */
  fail(failure: () => Error): void {
    this.#failure = failure;
    for (const { reject } of this.#waiting.values()) reject(failure());
    this.#waiting.clear();
  }

  #expect(call: string): Promise<number> {
    const answer = new Promise<number>((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure());
      else this.#waiting.set(call, { resolve, reject });
    });
    // A call that fails before it is waited for is not forgotten: whoever waits for it then gets the error.
    answer.catch(() => {});
    return answer;
  }
}
