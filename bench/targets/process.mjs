// A process that we start, and that must not outlive us.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @type {Set<ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Kills everything at once, so that whoever waits for an answer gets an error. */
export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

const patienceMs = 20_000;
const logTail = 4000;

/**
 * @typedef {object} Start
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} log The file that gets what it prints.
 * @property {Record<string, string>} [env]
 * @property {boolean} [piped] Whether we talk to it over its standard input and output.
 */

/** See the head of this file. */
export class Process {
  /** @param {Start} start */
  constructor({ command, args, log, env = {}, piped = false }) {
    this.name = command;
    this.log = log;
    const file = openSync(log, 'a');
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = piped ? ['pipe', 'pipe', file] : ['ignore', file, file];
    /** @type {ChildProcess} */
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio });
    closeSync(file);
    running.add(this.child);
    /** @type {Promise<string>} How it ended, in words. */
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
      this.child.on('exit', (status, signal) => resolve(`ended with ${signal ?? `status ${status}`}`));
    });
    this.ended.then(() => running.delete(this.child));
  }

  get pid() {
    return this.child.pid ?? 0;
  }

  /** Rejects as soon as the process is gone. @returns {Promise<never>} */
  async lost() {
    const how = await this.ended;
    throw new Error(`${this.name} ${how}\n${readFileSync(this.log, 'utf8').slice(-logTail)}`);
  }

  /** Asks it to end and waits for that; after a while it is killed. */
  async stop() {
    this.child.stdin?.end();
    this.child.kill('SIGTERM');
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    await this.ended;
    clearTimeout(impatience);
  }
}
