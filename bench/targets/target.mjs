// A daemon that is measured, and the load generator that is connected to it.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Load } from './load.mjs';
import { memoryOf, processorTime } from './proc.mjs';
import { Process } from './process.mjs';
import { containerdIn, strataIn } from './servers.mjs';

/** @typedef {import('../report/sample.mjs').Sample} Sample */
/** @typedef {'ours' | 'theirs'} Side */

/**
 * @typedef {object} TargetOptions
 * @property {Side} side
 * @property {string} directory An existing one, for this daemon alone.
 * @property {string} strata The command of our daemon.
 * @property {Record<string, string>} env Further variables for the daemon.
 * @property {string} [config] TOML for our daemon.
 */

const idleWindowMs = 200;
const idleShare = 0.05;
const settlePatienceMs = 120_000;

/** See the head of this file. */
export class Target {
  /** @param {TargetOptions} options */
  constructor({ side, directory, strata, env, config }) {
    this.side = side;
    this.directory = directory;
    this.env = env;
    mkdirSync(directory, { recursive: true });
    this.launch = side === 'ours' ? strataIn(directory, strata, config) : containerdIn(directory);
    /** @type {Process | undefined} */
    this.server = undefined;
    /** @type {Load | undefined} */
    this.load = undefined;
  }

  /**
   * Starts the daemon and waits until it has answered.
   * @returns {Promise<number>} How long that took, in milliseconds.
   */
  async start() {
    this.load = new Load({ address: this.launch.address, log: path.join(this.directory, 'load.log') });
    // A generator that is there and refuses nonsense will not need time of its own later.
    await this.load.request({ action: '' }).catch(() => {});
    const begin = performance.now();
    this.server = new Process({ ...this.launch, log: path.join(this.directory, 'server.log'), env: this.env });
    await Promise.race([this.request('start', { action: 'answer', key: 'none' }), this.server.lost()]);
    return performance.now() - begin;
  }

  /** Stops both. Does nothing when they do not run. */
  async stop() {
    await this.load?.stop();
    this.load = undefined;
    await this.server?.stop();
    this.server = undefined;
  }

  /** The process of the daemon. */
  get pid() {
    if (this.server === undefined) throw new Error(`${this.side}: the daemon does not run`);
    return this.server.pid;
  }

  /**
   * Has the load generator do something in a namespace.
   * @param {string} namespace
   * @param {{ action: string } & Record<string, unknown>} command
   */
  request(namespace, command) {
    if (this.load === undefined) throw new Error(`${this.side}: the load generator does not run`);
    return this.load.request({ namespace, ...command });
  }

  /**
   * The same, with the processor time that the daemon took for each operation.
   * @param {string} namespace
   * @param {{ action: string } & Record<string, unknown>} command One that answers with operations.
   * @returns {Promise<Sample>}
   */
  async measure(namespace, command) {
    const before = processorTime(this.pid);
    const { operations, seconds, p50, p99, worst } = await this.request(namespace, command);
    const taken = processorTime(this.pid) - before;
    return {
      operations: Number(operations),
      perSecond: Number(operations) / Number(seconds),
      p50: Number(p50),
      p99: Number(p99),
      worst: Number(worst),
      processor: taken / Number(operations),
    };
  }

  /** What the daemon has of memory, in bytes. */
  memory() {
    return memoryOf(this.pid);
  }

  /** How many directories of snapshots there are, removed ones included that still wait for it. */
  directories() {
    return readdirSync(this.launch.snapshots).length;
  }

  /**
   * Waits until nothing is left to do of what was asked before, so that the next measurement pays for itself alone:
   * garbage is collected, the daemon idle, the file system synchronised.
   */
  async settle() {
    await this.request('settle', { action: 'collect' });
    const deadline = performance.now() + settlePatienceMs;
    while (!(await this.isIdle()) && performance.now() < deadline);
    await promisify(execFile)('sync', ['--file-system', this.directory]);
  }

  async isIdle() {
    const before = processorTime(this.pid);
    await delay(idleWindowMs);
    return processorTime(this.pid) - before < idleWindowMs * 1000 * idleShare;
  }
}
