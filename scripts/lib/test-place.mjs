// Where tests put their files, and the finding of all that they leave: files, mounts, loop devices, processes, control groups.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Sockets lie below, whose paths have to be short. */
const longestBase = 20;

/** How long what ends by itself may take to do so, in milliseconds. */
const grace = 15_000;

/** The folder for temporary files of one run of tests. Whoever has it in its environment belongs to the run. */
export class TestPlace {
  constructor() {
    const base = tmpdir().length <= longestBase ? tmpdir() : '/tmp';
    this.path = mkdtempSync(path.join(base, 'strata-'));
    // Some tests are run by somebody without rights.
    chmodSync(this.path, 0o1777);
  }

  /**
   * What is left of the tests when they have ended. What is about to go is waited for.
   * @param {number} [patience] So many milliseconds.
   * @returns {Promise<string[]>} A line for each thing.
   */
  async leftovers(patience = grace) {
    for (let waited = 0; waited < patience && this.#found().length > 0; waited += 100) await delay(100);
    return this.#found();
  }

  #found() {
    const processes = processesOf(this.path).map(({ pid, command }) => `process ${pid}: ${command}`);
    const mounts = mountsBelow(this.path).map((point) => `mount ${point}`);
    const loops = loopDevicesBelow(this.path).map(({ device, file }) => `loop device ${device} of ${file}`);
    const files = list(this.path).map((name) => `file ${path.join(this.path, name)}`);
    const folders = foldersOfContainers(this.path).map((folder) => `folder ${folder}`);
    return [...processes, ...mounts, ...loops, ...files, ...folders];
  }

  /** Takes everything away: ends the processes, unmounts, detaches, deletes. */
  async clear() {
    for (let round = 0; round < 50; round += 1) {
      const processes = processesOf(this.path);
      if (processes.length === 0) break;
      for (const { pid } of processes) kill(pid);
      await delay(100);
    }
    for (const point of mountsBelow(this.path)) spawnSync('umount', ['--lazy', point], { stdio: 'ignore' });
    for (const { device } of loopDevicesBelow(this.path))
      spawnSync('losetup', ['--detach', device], { stdio: 'ignore' });
    for (const folder of foldersOfContainers(this.path)) removeFolder(folder);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Control groups, and folders of runc, which are named after the directory of the tests that ran the containers
 * (tests/support/namespace.ts). @param {string} directory
 */
function foldersOfContainers(directory) {
  const groups = '/sys/fs/cgroup';
  const places = [groups, ...list(groups).map((name) => path.join(groups, name)), '/run/containerd/runc'];
  return places.flatMap((place) =>
    list(place)
      .filter((name) => name.startsWith(`${path.basename(directory)}-`))
      .map((name) => path.join(place, name)),
  );
}

/** Removes a folder with all below. The files of a control group go with it, and cannot be deleted. @param {string} folder */
function removeFolder(folder) {
  if (!folder.startsWith('/sys/')) return rmSync(folder, { recursive: true, force: true });
  // A file is no folder, which is how the descent ends.
  for (const name of list(folder)) removeFolder(path.join(folder, name));
  try {
    rmdirSync(folder);
  } catch {
    // A file of a group above.
  }
}

/** The mount points below a directory, the latest first. @param {string} directory */
function mountsBelow(directory) {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''));
  return points.filter((point) => point.startsWith(`${directory}/`)).reverse();
}

/** Spaces and the like are written as `\040` there. @param {string} text */
function unescapeOctal(text) {
  return text.replace(/\\(\d{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** @param {string} directory */
function loopDevicesBelow(directory) {
  const names = list('/sys/block').filter((name) => name.startsWith('loop'));
  const devices = names.map((name) => ({ device: `/dev/${name}`, file: read(`/sys/block/${name}/loop/backing_file`) }));
  return devices.filter(({ file }) => file.startsWith(`${directory}/`));
}

/**
 * The processes that have a directory in their environment, and all that they have started; without this one.
 * @param {string} directory
 */
function processesOf(directory) {
  const parents = new Map(living().map((pid) => [pid, parentOf(pid)]));
  const found = new Set([...parents.keys()].filter((pid) => read(`/proc/${pid}/environ`).includes(directory)));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  found.delete(process.pid);
  return [...found].map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim() }));
}

/** All processes but those that have ended and were not waited for, which have no command line; nor have threads of the kernel. */
function living() {
  const pids = list('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => read(`/proc/${pid}/cmdline`) !== '').map(Number);
}

/** proc_pid_stat(5): the name stands in parentheses and may hold any character; the state and the parent follow. @param {number} pid */
function parentOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

/** What is in a file that may be gone by now. @param {string} file */
function read(file) {
  try {
    // Not as 'utf8' at once: Node 24 and 26 may break their heap by that, for tables of mounts.
    return readFileSync(file).toString().trimEnd();
  } catch {
    return '';
  }
}

/** @param {string} directory */
function list(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
