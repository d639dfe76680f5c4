// A daemon that is measured, and the load generator that is connected to it.
import path from 'node:path';
import { synchronize } from './ground.mjs';
import { Load } from './load.mjs';
import { memoryOf, processorTime, untilIdle } from './proc.mjs';
import { Process } from './process.mjs';

/** @typedef {import('../report/sample.mjs').Sample} Sample */
/** @typedef {import('../report/sample.mjs').Side} Side */
/** @typedef {import('./servers.mjs').Launch} Launch */

/** See the head of this file. */
export class Target {
  /**
   * @param {object} options
   * @param {Side} options.side
   * @param {string} options.directory An existing one, for this daemon alone.
   * @param {Launch} options.launch
   * @param {Record<string, string>} [options.env] Further variables for the daemon.
   */
  constructor({ side, directory, launch, env = {} }) {
    this.side = side;
    this.directory = directory;
    this.launch = launch;
    this.env = env;
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
    const mountPoints = path.join(this.directory, 'mounted');
    this.load = new Load({ address: this.launch.address, mountPoints, log: path.join(this.directory, 'load.log') });
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

  /** Kills the daemon in the middle of whatever it does. */
  async kill() {
    await this.server?.kill();
    await this.load?.stop();
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

  /** Removes all that a scenario made. @param {string} namespace */
  async clear(namespace) {
    await this.request(namespace, { action: 'clear' });
  }

  /**
   * Waits until nothing is left to do of what was asked before, so that the next measurement pays for itself alone:
   * garbage is collected, the daemon idle, the file system synchronised.
   */
  async settle() {
    await this.request('settle', { action: 'collect' });
    await untilIdle([this.pid]);
    await synchronize(this.directory);
  }
}
