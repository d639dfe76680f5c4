import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { mustRun } from '../run.js';
import type { Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import type { DebianHost } from './debian-host.js';

/** A registry on a port of this machine, with nobody to ask for a password. */
export class Registry {
  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Starts one that goes with the scenario. */
  static async start(scenario: Scenario, { env }: DebianHost): Promise<Registry> {
    const directory = await scenario.directory();
    const config = path.join(directory, 'registry.json');
    const port = await freePort();
    // JSON is YAML.
    const settings = {
      version: '0.1',
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: path.join(directory, 'data') } },
      http: { addr: `127.0.0.1:${port}` },
    };
    await writeFile(config, JSON.stringify(settings));
    await ServerProcess.start(scenario, {
      command: 'docker-registry',
      args: ['serve', config],
      // To Node a number is a port.
      address: String(port),
      env,
      endsWith: 'SIGTERM',
    });
    return new Registry(port);
  }

  /** Puts an OCI archive there. @returns The name by which it can be pulled. */
  async push(archive: string, name: string): Promise<string> {
    const reference = `127.0.0.1:${this.#port}/${name}`;
    await mustRun('skopeo', ['copy', '--dest-tls-verify=false', `oci-archive:${archive}`, `docker://${reference}`]);
    return reference;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
