import { existsSync } from 'node:fs';
import { rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Containerd, killShims } from '../containerd.js';
import { newNamespace, removeNamespace } from '../namespace.js';
import { type CommandResult, mustRun, type RunOptions, run } from '../run.js';
import type { Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import type { DebianHost } from './debian-host.js';

/** How a Docker is started. */
export interface DockerOptions {
  readonly host: DebianHost;
  /** The containerd that it uses, with the proxy snapshotter `strata`. */
  readonly containerd: Containerd;
}

/** A real Docker with its images in containerd, without networks, in directories of its own. */
export class Docker {
  /** Where containerd has what belongs to it. */
  readonly namespace: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(namespace: string, env: NodeJS.ProcessEnv) {
    this.namespace = namespace;
    this.#env = env;
  }

  /** Starts one that goes with the scenario, together with what it started itself. */
  static async start(scenario: Scenario, { host, containerd }: DockerOptions): Promise<Docker> {
    const directory = await scenario.directory();
    const at = (name: string) => path.join(directory, name);
    const namespace = newNamespace();
    const settings = { features: { 'containerd-snapshotter': true }, 'storage-driver': 'strata' };
    await writeFile(at('daemon.json'), JSON.stringify(settings));
    removeWhatIsNew(scenario);
    scenario.defer(() => removeNamespace(namespace));
    scenario.defer(() => killShims(containerd.address));
    await ServerProcess.start(scenario, {
      command: 'dockerd',
      args: [
        ...['--config-file', at('daemon.json'), '--containerd', containerd.address, '--host', `unix://${at('d.sock')}`],
        ...['--data-root', at('root'), '--exec-root', at('run'), '--pidfile', at('pid')],
        ...['--containerd-namespace', namespace, '--containerd-plugins-namespace', `${namespace}-plugins`],
        `--cgroup-parent=/${namespace}`,
        // Nothing of this machine's network is touched.
        ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'],
      ],
      address: at('d.sock'),
      env: host.env,
    });
    return new Docker(namespace, {
      ...host.env,
      DOCKER_HOST: `unix://${at('d.sock')}`,
      DOCKER_CONFIG: host.dockerConfig,
      BUILDX_CONFIG: at('buildx'),
    });
  }

  /** Runs `docker` against it, whatever comes of it. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return run('docker', args, this.#with(options));
  }

  /** Runs `docker` against it; it has to succeed. Gives what it printed. */
  must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return mustRun('docker', args, this.#with(options));
  }

  #with({ env, ...options }: RunOptions): RunOptions {
    return { ...options, env: { ...this.#env, ...env } };
  }
}

/** Docker makes a directory that no option moves. */
function removeWhatIsNew(scenario: Scenario): void {
  const mine = ['/run/docker', '/run/docker/plugins'].filter((directory) => !existsSync(directory));
  for (const directory of mine) scenario.defer(() => rmdir(directory).catch(() => {}));
}
