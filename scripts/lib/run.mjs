// Starting other programs, and talking to the person in front.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from './project.mjs';

/** A step of ours failed in a way that its message explains in full: shown without a stack. */
export class StepFailed extends Error {}

/** Tells on the error output what is going on, so that the standard output stays what the command is about. @param {string} text */
export function say(text) {
  process.stderr.write(`strata: ${text}\n`);
}

/**
 * Runs a program to its end with our own input and output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, output?: 'inherit' | 'stderr' }} [options] `stderr` sends what it prints to our
 *   error output.
 * @returns {Promise<number>} Its status; 128 and more when a signal ended it.
 */
export function run(command, args, { cwd = root, env = {}, output = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...withNode(process.execPath), ...env },
      stdio: ['ignore', output === 'stderr' ? process.stderr : 'inherit', 'inherit'],
    });
    child.on('error', (error) => reject(new StepFailed(`${command} cannot be started: ${error.message}`)));
    child.on('close', (status) => resolve(status ?? 128));
  });
}

/**
 * Runs a program to its end and keeps what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number, output: string }>} Both outputs in one text.
 */
export function capture(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: withNode(process.execPath),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => reject(new StepFailed(`${command} cannot be started: ${error.message}`)));
    child.on('close', (status) => resolve({ status: status ?? 128, output }));
  });
}

/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1'];

/**
 * Runs a program on Node in the place of this one, with its input and output. Signals go on to it, except for what a
 * terminal sends, which reaches it without us; when a signal ends it, this process ends by the same.
 * @param {string} node The binary.
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] Beside our own.
 * @returns {Promise<number>} Its status.
 */
export function become(node, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: 'inherit', env: { ...withNode(node), ...env } });
    for (const signal of forwarded) {
      const fromTerminal = signal === 'SIGINT' && process.stdin.isTTY;
      process.on(signal, () => fromTerminal || child.kill(signal));
    }
    child.on('error', (error) => reject(new StepFailed(`${node} cannot be started: ${error.message}`)));
    child.on('close', (status, signal) => {
      if (signal === null) return resolve(status ?? 1);
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    });
  });
}

/** The environment in which `node`, and with it npm and every tool from node_modules, is this one. @param {string} node */
export function withNode(node) {
  return { ...process.env, PATH: [path.dirname(node), process.env['PATH']].join(path.delimiter) };
}

/** How long something took, for people. @param {number} start From `performance.now()`. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
