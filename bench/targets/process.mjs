// A process that we start, and that must not outlive us.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<Process>} */
const running = new Set();
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** Kills all clients, so that whoever waits for an answer gets an error. Daemons go on: what they hold is undone by them. */
export function killClients() {
  for (const { child, client } of running) if (client) child.kill('SIGKILL');
}

const patienceMs = 20_000;
const logTail = 4000;

/**
 * @typedef {object} Start
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} log The file that gets what it prints.
 * @property {Record<string, string>} [env]
 * @property {boolean} [client] Whether it asks a daemon, and is not one.
 * @property {boolean} [piped] Whether we talk to it over its standard input and output.
 */

/** See the head of this file. */
export class Process {
  /** @param {Start} start */
  constructor({ command, args, log, env = {}, client = false, piped = false }) {
    this.name = command;
    this.log = log;
    this.client = client;
    const file = openSync(log, 'a');
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = piped ? ['pipe', 'pipe', file] : ['ignore', file, file];
    // In a group of its own: a Ctrl-C is for us, who end the others in the right order.
    /** @type {ChildProcess} */
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio, detached: true });
    closeSync(file);
    running.add(this);
    /** @type {Promise<string>} How it ended, in words; empty when it succeeded. */
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
      this.child.on('exit', (status, signal) =>
        resolve(status === 0 ? '' : `ended with ${signal ?? `status ${status}`}`),
      );
    });
    this.ended.then(() => running.delete(this));
  }

  get pid() {
    return this.child.pid ?? 0;
  }

  /** Waits until it has done its work. @throws {Error} When it failed, with what it printed last. */
  async finished() {
    const how = await this.ended;
    if (how !== '') throw this.#failure(how);
  }

  /** Rejects as soon as the process is gone. @returns {Promise<never>} */
  async lost() {
    throw this.#failure((await this.ended) || 'ended');
  }

  /** @param {string} how */
  #failure(how) {
    return new Error(`${this.name} ${how}\n${readFileSync(this.log, 'utf8').slice(-logTail)}`);
  }

  /** Waits until somebody listens on the socket that it serves. @param {string} address */
  async listening(address) {
    const lost = this.lost();
    while (!(await Promise.race([accepts(address), lost]))) await Promise.race([delay(10), lost]);
    lost.catch(() => {});
  }

  /** Asks it to end and waits for that; after a while it is killed. */
  async stop() {
    this.child.stdin?.end();
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    await this.ended;
    clearTimeout(impatience);
  }

  /** Kills it, and waits until it is gone. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** @param {string} address @returns {Promise<boolean>} */
function accepts(address) {
  return new Promise((resolve) => {
    const socket = connect(address);
    const answer = (/** @type {boolean} */ accepted) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.on('connect', () => answer(true)).on('error', () => answer(false));
  });
}
