import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { endingOf } from '../ending.js';
import { collect } from '../run.js';

/** What a machine is made of. */
export interface MachineOptions {
  /** The kernel. */
  readonly program: string;
  /** The first process. */
  readonly init: string;
  /** A folder for the files of the machine itself. */
  readonly directory: string;
  /** Image files, which are /dev/ubda, /dev/ubdb and so on inside. */
  readonly disks: readonly string[];
  readonly megabytes: number;
}

/** The processes of one second kernel, its console and its serial line. */
export class Machine {
  /** What the kernel printed so far. */
  readonly console: () => string;
  readonly #process: ChildProcess;
  readonly #line: Duplex;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, line: Duplex) {
    this.#process = child;
    this.#line = line;
    const printed = [child.stdout, child.stderr].map((stream) => (stream === null ? () => '' : collect(stream)));
    this.console = () => printed.map((text) => text()).join('');
    // A kernel that breaks leaves those of its processes behind that it did not come to end.
    child.once('exit', () => this.#killAll());
    this.#ended = endingOf(child).then(() => {});
    this.#ended.catch(() => {});
    // A kernel that was cut does not read on.
    line.on('error', () => {});
  }

  /** Switches it on. What it says on its serial line goes to `onLine`. */
  static async start(options: MachineOptions, onLine: (line: string) => void): Promise<Machine> {
    const memory = await placeForMemory(options.megabytes);
    const child = spawn(options.program, kernelArguments(options), {
      // Its own group of processes, since all of them have to go at once.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: options.directory, TMPDIR: memory },
    });
    const line = child.stdio[3] as Duplex;
    createInterface({ input: line }).on('line', onLine);
    const machine = new Machine(child, line);
    await once(child, 'spawn');
    return machine;
  }

  /** The group of its processes, which has the number of the first of them. */
  get group(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when it is off, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Says something on its serial line. */
  say(line: string): void {
    this.#line.write(`${line}\n`);
  }

  /** Cuts its power: nothing that is not on a disk by now gets there. */
  async cut(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#killAll();
    await this.#ended;
  }

  #killAll(): void {
    // A process that could not be started has no group, and the group 0 is our own.
    if (this.group === 0) return;
    try {
      process.kill(-this.group, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

function kernelArguments({ init, directory, disks, megabytes }: MachineOptions): string[] {
  return [
    `mem=${megabytes}M`,
    // The outer system is its root, for reading only.
    'root=/dev/root',
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    `init=${init}`,
    `uml_dir=${directory}`,
    'con=null',
    'con0=null,fd:1',
    'ssl=null',
    'ssl0=fd:3',
    // When the first process ends, or the kernel breaks, it ends at once.
    'panic=-1',
    'quiet',
    ...disks.map((file, index) => `ubd${index}=${file}`),
  ];
}

/** The kernel's memory is a file that it executes: best in memory, when there is room and it may. */
async function placeForMemory(megabytes: number): Promise<string> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const shm = mounts.split('\n').find((line) => line.split(' ')[1] === '/dev/shm');
  if (shm === undefined || shm.split(' ')[3]?.split(',').includes('noexec') === true) return tmpdir();
  const { bavail, bsize } = await statfs('/dev/shm');
  return bavail * bsize >= megabytes * 2 ** 20 ? '/dev/shm' : tmpdir();
}
