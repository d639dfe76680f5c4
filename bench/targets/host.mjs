// A containerd that takes its snapshots from several snapshotters: those that jobs are measured with, in turn.
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Process } from './process.mjs';
import { containerdIn } from './servers.mjs';

/** @typedef {import('./undo.mjs').Undo} Undo */

/** Used by no other containerd on this machine, since runc's control groups are named after it. */
const namespace = `strata-bench-${process.pid}`;

/** See the head of this file. */
export class Host {
  #calls = 0;

  /**
   * Starts one; what it leaves on the machine is undone.
   * @param {{ directory: string, proxies: Readonly<Record<string, string>>, undo: Undo }} options
   */
  static async start({ directory, proxies, undo }) {
    const launch = containerdIn(directory, proxies);
    undo.add(() => removeControlGroups(namespace));
    undo.add(() => killContainers(directory));
    const server = new Process({ ...launch, log: path.join(directory, 'containerd.log') });
    undo.add(() => server.stop());
    await server.listening(launch.address);
    const host = new Host({ directory, address: launch.address, server });
    undo.add(() => host.removeContainers());
    return host;
  }

  /** @param {{ directory: string, address: string, server: Process }} options */
  constructor({ directory, address, server }) {
    this.directory = directory;
    this.address = address;
    this.server = server;
  }

  /**
   * Runs `ctr`, which has to succeed.
   * @param {...string} args
   * @returns {Promise<string>} The file that it printed into.
   */
  async ctr(...args) {
    this.#calls += 1;
    const log = path.join(this.directory, `ctr-${this.#calls}.log`);
    const all = ['--address', this.address, '--namespace', namespace, ...args];
    await new Process({ command: 'ctr', args: all, log, client: true }).finished();
    return log;
  }

  /** The lines that `ctr` prints. @param {...string} args */
  async lines(...args) {
    return readFileSync(await this.ctr(...args), 'utf8')
      .split('\n')
      .filter(Boolean);
  }

  /** Has it remove what nothing refers to, and waits for that. */
  async collectGarbage() {
    await this.ctr('leases', 'create', '--id', 'collect');
    await this.ctr('leases', 'delete', '--sync', 'collect');
  }

  /** Kills and removes all containers. */
  async removeContainers() {
    const ids = await this.lines('containers', 'list', '--quiet');
    if (ids.length === 0) return;
    await Promise.allSettled(ids.map((id) => this.ctr('tasks', 'delete', '--force', id)));
    await this.ctr('containers', 'delete', ...ids);
  }

  /** Removes all images, and what was unpacked of them. */
  async removeImages() {
    const names = await this.lines('images', 'list', '--quiet');
    if (names.length > 0) await this.ctr('images', 'remove', '--sync', ...names);
  }
}

/**
 * Kills containers that containerd has not removed, because it was lost: their shims outlive it.
 * @param {string} directory
 */
async function killContainers(directory) {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const shims = processes.filter((pid) => {
    const line = proc(pid, 'cmdline');
    return line.includes('containerd-shim') && line.includes(`${directory}/`);
  });
  const sockets = socketsOf(path.join(directory, 'state/io.containerd.runtime.v2.task', namespace));
  const containers = processes.filter((pid) => shims.includes(parentOf(pid)));
  for (const pid of [...containers, ...shims]) process.kill(pid, 'SIGKILL');
  for (const pid of [...containers, ...shims]) {
    while (proc(pid, 'cmdline') !== '') await delay(10);
  }
  for (const socket of sockets) rmSync(socket, { force: true });
}

/** The sockets of shims, which lie in a directory that all containerds of the machine share. @param {string} tasks */
function socketsOf(tasks) {
  const addresses = existsSync(tasks) ? readdirSync(tasks).map((id) => path.join(tasks, id, 'address')) : [];
  return addresses.filter(existsSync).map((file) => readFileSync(file, 'utf8').replace('unix://', ''));
}

/** @param {number} pid */
function parentOf(pid) {
  return Number(/^PPid:\s+(\d+)$/m.exec(proc(pid, 'status'))?.[1]);
}

/** What the kernel says of a process; nothing when it is gone. @param {number} pid @param {string} file */
function proc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** runc leaves the control group of a namespace behind, and those of containers that were not removed in order. @param {string} name */
function removeControlGroups(name) {
  const top = '/sys/fs/cgroup';
  for (const hierarchy of ['', ...readdirSync(top)]) {
    const group = path.join(top, hierarchy, name);
    if (!existsSync(group)) continue;
    for (const { name: container } of readdirSync(group, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )) {
      rmdirSync(path.join(group, container));
    }
    rmdirSync(group);
  }
}
