import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newNamespace, removeNamespace } from './namespace.js';
import { type CommandResult, mustRun, type RunOptions, run } from './run.js';
import type { Scenario } from './scenario.js';
import { ServerProcess } from './server-process.js';
import { until } from './until.js';

/** How a containerd is started. */
export interface ContainerdOptions {
  /** Sockets of proxy snapshotters by their names. */
  readonly proxies?: Readonly<Record<string, string>>;
  /** Tables for its configuration, in the version of the format that they name; CRI is on then. */
  readonly tables?: string;
  /** An environment in which its programs are found; ours by default. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A real containerd with directories, a socket and a namespace of its own. */
export class Containerd {
  readonly address: string;
  /** Its configuration. */
  readonly config: string;
  readonly namespace = newNamespace();

  readonly #env: NodeJS.ProcessEnv;
  #printed = 0;

  private constructor(directory: string, env: NodeJS.ProcessEnv) {
    this.address = path.join(directory, 'c.sock');
    this.config = path.join(directory, 'config.toml');
    this.#env = env;
  }

  /** Starts one that goes with the scenario, together with what it started itself. */
  static async start(scenario: Scenario, options: ContainerdOptions = {}): Promise<Containerd> {
    const directory = await scenario.directory();
    // A container in a user namespace has to get to its root file system.
    await chmod(directory, 0o711);
    const { env = {} } = options;
    const containerd = new Containerd(directory, env);
    await writeFile(containerd.config, configuration(directory, options));
    scenario.defer(() => removeNamespace(containerd.namespace));
    scenario.defer(() => killShims(containerd.address));
    await ServerProcess.start(scenario, {
      command: 'containerd',
      args: ['--config', containerd.config],
      address: containerd.address,
      env,
    });
    return containerd;
  }

  /** Runs `ctr` against it, whatever comes of it. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return run('ctr', ['--address', this.address, '--namespace', this.namespace, ...args], this.#with(options));
  }

  /** Runs `ctr` against it; it has to succeed. Gives what it printed. */
  must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return mustRun('ctr', ['--address', this.address, '--namespace', this.namespace, ...args], this.#with(options));
  }

  /** Runs a container to its end and removes it, by what `ctr run` takes; it has to succeed. Gives what it printed. */
  runOnce(...args: readonly string[]): Promise<string> {
    return this.#process(['run', '--rm'], args);
  }

  /** Runs a command in a running container; it has to succeed. Gives what it printed. */
  exec(id: string, ...command: readonly string[]): Promise<string> {
    return this.#process(['task', 'exec', '--exec-id', 'exec'], [id, ...command]);
  }

  /**
   * Has a process print into a file, its errors too. `ctr` would read a named pipe that it opens in the background; when the
   * process has ended before that is open, on a busy machine, `ctr` closes it and succeeds without what was printed.
   */
  async #process(command: readonly string[], args: readonly string[]): Promise<string> {
    this.#printed += 1;
    const file = path.join(path.dirname(this.address), `printed-${this.#printed}`);
    const { status, signal, stdout, stderr } = await this.run([...command, '--log-uri', `file://${file}`, ...args]);
    // There is none when it was not started.
    const printed = await readFile(file, 'utf8').catch(() => '');
    await rm(file, { force: true });
    if (status === 0) return printed;
    const end = signal ?? `status ${status}`;
    throw new Error(`ctr ${[...command, ...args].join(' ')} ended with ${end}\n${printed}${stdout}${stderr}`);
  }

  #with({ env, ...options }: RunOptions): RunOptions {
    return { ...options, env: { ...this.#env, ...env } };
  }
}

function configuration(directory: string, { proxies = {}, tables }: ContainerdOptions): string {
  const ofProxies = Object.entries(proxies).map(
    ([name, address]) => `[proxy_plugins.${name}]\ntype = "snapshot"\naddress = "${address}"\n`,
  );
  // Both make directories that no setting moves.
  const unwanted = ['io.containerd.internal.v1.opt', 'io.containerd.nri.v1.nri'];
  const disabled = tables === undefined ? [...unwanted, 'io.containerd.grpc.v1.cri'] : unwanted;
  return `root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ${JSON.stringify(disabled)}
${tables ?? 'version = 2'}
[grpc]
address = "${directory}/c.sock"
[ttrpc]
address = "${directory}/c.sock.ttrpc"
${ofProxies.join('')}`;
}

/** Kills the shims of a containerd that are left of containers of a failed scenario, and outlive it. */
export async function killShims(address: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const words = line.split('\0');
    if (!words[0]?.includes('containerd-shim') || !words.includes(address)) continue;
    process.kill(Number(pid), 'SIGKILL');
    await until(`the shim ${pid} is gone`, async () => (await readFile(`/proc/${pid}/stat`).catch(() => '')) === '');
  }
}
