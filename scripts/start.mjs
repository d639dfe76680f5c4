#!/usr/bin/env node
// npm start [-- arguments]: makes the checkout ready and runs `strata serve` in the foreground.
import { spawn } from 'node:child_process';
import { at } from './lib/project.mjs';
import { asCommand, StepFailed } from './lib/run.mjs';
import { setup } from './setup.mjs';

/**
 * Runs the daemon until it ends. Signals go on to it; what a terminal sends reaches it without us.
 * @param {readonly string[]} args
 * @returns {Promise<number>} Its status.
 */
function serve(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(at('bin', 'strata'), ['serve', ...args], { stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) {
      const fromTerminal = signal === 'SIGINT' && process.stdin.isTTY;
      process.on(signal, () => fromTerminal || child.kill(signal));
    }
    child.on('error', (error) => reject(new StepFailed(`bin/strata cannot be started: ${error.message}`)));
    child.on('close', (status) => resolve(status ?? 1));
  });
}

await asCommand(async () => {
  await setup();
  return serve(process.argv.slice(2));
});
