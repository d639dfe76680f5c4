/** The daemon of the command line with thin devices, on a pool of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type StrataClient } from '../../src/index.js';
import { deviceMapper, mappedDevicePath } from '../../src/linux/index.js';
import { endingOf } from './ending.js';
import { strataCommand } from './paths.js';
import { type CommandResult, run } from './run.js';
import { canConnect } from './server-process.js';
import { until } from './until.js';

const MIB_SECTORS = 2048;
const metadataSectors = 8 * MIB_SECTORS;
/** The smallest that a thin pool takes: 64 KiB. */
const blockSectors = 128;

/** Back ends that have no part in it. */
const others = ['overlayfs', 'native', 'btrfs', 'erofs', 'blockfile'].map((id) => `io.containerd.snapshotter.v1.${id}`);

/** A thin pool over a disk, with what is on it. Its disposal takes away the devices; the disk stays. */
export class DiskPool implements AsyncDisposable {
  readonly name = `strata-pool-${process.pid}`;

  /** Makes it; what was on the disk is lost. @param megabytes Of the disk that it may have. */
  async make(disk: string, megabytes: number): Promise<void> {
    const data = megabytes * MIB_SECTORS - metadataSectors;
    await deviceMapper.create(`${this.name}-meta`, {
      sectors: metadataSectors,
      type: 'linear',
      parameters: `${disk} 0`,
    });
    await deviceMapper.create(`${this.name}-data`, {
      sectors: data,
      type: 'linear',
      parameters: `${disk} ${metadataSectors}`,
    });
    // A pool whose metadata is all zeros is made again.
    writeFileSync(mappedDevicePath(`${this.name}-meta`), Buffer.alloc(4096), { flag: 'r+' });
    const [meta, of] = [mappedDevicePath(`${this.name}-meta`), mappedDevicePath(`${this.name}-data`)];
    const parameters = `${meta} ${of} ${blockSectors} 0 1 skip_block_zeroing`;
    await deviceMapper.create(this.name, { sectors: data, type: 'thin-pool', parameters });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const devices = (await deviceMapper.list()).filter((name) => name.startsWith(`${this.name}-`));
    const own = [this.name, `${this.name}-meta`, `${this.name}-data`];
    for (const name of [...devices.filter((each) => !own.includes(each)), ...own]) await deviceMapper.remove(name);
  }
}

/** See the head of this file. */
export class ThinDaemon implements AsyncDisposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'thin-'));
  readonly root = path.join(this.directory, 'root');
  readonly #config = path.join(this.directory, 'config.toml');
  readonly #address = path.join(this.directory, 's.sock');
  #process: ChildProcess | undefined;

  constructor(poolName: string) {
    const text = `
version = 1
root = ${JSON.stringify(this.root)}
state = ${JSON.stringify(path.join(this.directory, 'state'))}
snapshotter = "devmapper"
log_level = "error"
disabled_plugins = ${JSON.stringify(others)}
[grpc]
address = ${JSON.stringify(this.#address)}
[backup]
interval = "0ms"
[plugins."io.containerd.snapshotter.v1.devmapper"]
pool_name = ${JSON.stringify(poolName)}
base_image_size = "48MiB"
file_list = true
`;
    writeFileSync(this.#config, text);
  }

  async start(): Promise<void> {
    this.#process = spawn(strataCommand, ['serve', '--config', this.#config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until('the daemon answers', () => canConnect(this.#address));
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    const ended = endingOf(child);
    child.kill('SIGTERM');
    await ended;
  }

  /** A client of it, in a namespace. */
  client(namespace: string): StrataClient {
    return connect({ address: this.#address, namespace });
  }

  /** Runs a command of `strata` on the daemon. */
  command(...args: readonly string[]): Promise<CommandResult> {
    return run(strataCommand, ['--address', this.#address, ...args]);
  }

  /** Checks its root, when it does not run. */
  checkRoot(...args: readonly string[]): Promise<CommandResult> {
    return run(strataCommand, ['check', '--config', this.#config, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
