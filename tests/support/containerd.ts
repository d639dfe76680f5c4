import { randomBytes } from 'node:crypto';
import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CommandResult, mustRun, type RunOptions, run } from './run.js';
import type { Scenario } from './scenario.js';
import { ServerProcess } from './server-process.js';
import { until } from './until.js';

/** How a containerd is started. */
export interface ContainerdOptions {
  /** Sockets of proxy snapshotters by their names. */
  readonly proxies?: Readonly<Record<string, string>>;
}

/** A real containerd with directories, a socket and a namespace of its own. */
export class Containerd {
  readonly address: string;
  /** Used by no other containerd on this machine, since runc's control groups are named after it. */
  readonly namespace = `strata-test-${randomBytes(4).toString('hex')}`;

  private constructor(address: string) {
    this.address = address;
  }

  /** Starts one that goes with the scenario, together with what it started itself. */
  static async start(scenario: Scenario, { proxies = {} }: ContainerdOptions = {}): Promise<Containerd> {
    const directory = await scenario.directory();
    const containerd = new Containerd(path.join(directory, 'c.sock'));
    const config = path.join(directory, 'config.toml');
    await writeFile(config, configuration(directory, proxies));
    scenario.defer(() => killShims(directory));
    scenario.defer(() => removeControlGroups(containerd.namespace));
    await ServerProcess.start(scenario, {
      command: 'containerd',
      args: ['--config', config],
      address: containerd.address,
    });
    return containerd;
  }

  /** Runs `ctr` against it, whatever comes of it. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return run('ctr', ['--address', this.address, '--namespace', this.namespace, ...args], options);
  }

  /** Runs `ctr` against it; it has to succeed. Gives what it printed. */
  must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return mustRun('ctr', ['--address', this.address, '--namespace', this.namespace, ...args], options);
  }
}

function configuration(directory: string, proxies: Readonly<Record<string, string>>): string {
  const tables = Object.entries(proxies).map(
    ([name, address]) => `[proxy_plugins.${name}]\ntype = "snapshot"\naddress = "${address}"\n`,
  );
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "${directory}/c.sock"
[ttrpc]
address = "${directory}/c.sock.ttrpc"
${tables.join('')}`;
}

/** Kills the shims of containers that a failed scenario left, which outlive their containerd. */
async function killShims(directory: string): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const words = line.split('\0');
    if (!words[0]?.includes('containerd-shim') || !line.includes(`${directory}/`)) continue;
    process.kill(Number(pid), 'SIGKILL');
    await until(`the shim ${pid} is gone`, async () => (await readFile(`/proc/${pid}/stat`).catch(() => '')) === '');
  }
}

/** runc leaves the control group of a namespace behind, empty. */
async function removeControlGroups(namespace: string): Promise<void> {
  const hierarchies = await readdir('/sys/fs/cgroup').catch(() => []);
  for (const hierarchy of ['', ...hierarchies]) {
    await rmdir(path.join('/sys/fs/cgroup', hierarchy, namespace)).catch(() => {});
  }
}
