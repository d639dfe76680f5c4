// Starting other programs, and talking to the person in front.
import { spawn } from 'node:child_process';
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
 * @param {{ env?: Record<string, string>, output?: 'inherit' | 'stderr' }} [options] `stderr` sends what it prints to our error output.
 * @returns {Promise<number>} Its status; 128 and more when a signal ended it.
 */
export function run(command, args, { env = {}, output = 'inherit' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
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
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
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

/**
 * Runs the main function of a script; what it returns becomes the exit status.
 * @param {() => Promise<number | undefined> | number | undefined} main
 */
export async function asCommand(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/** How long something took, for people. @param {number} start From `performance.now()`. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
