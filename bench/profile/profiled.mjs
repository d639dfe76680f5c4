// CPU profiles of our daemon, while something is measured.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { at } from '../../scripts/lib/project.mjs';
import { largestCosts, summarize } from './summary.mjs';

let exchange = '';

/** Where the daemon puts its profile. */
function exchangeFile() {
  if (exchange === '') {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-profile-'));
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
    exchange = path.join(directory, 'profile');
  }
  return exchange;
}

/** See the head of this file. */
export const profiled = {
  /** What the daemon has to be started with. @returns {Record<string, string>} */
  get environment() {
    const preload = new URL('./preload.mjs', import.meta.url).href;
    return { NODE_OPTIONS: `--import=${preload}`, STRATA_BENCH_PROFILE: exchangeFile() };
  },

  /**
   * Profiles a daemon that was started so, and prints where its main thread spent its time.
   * @param {() => Promise<unknown>} action
   * @param {{ pid: number, file: string }} options
   * @returns {Promise<readonly import('./summary.mjs').Cost[]>} The largest costs.
   */
  async run(action, { pid, file }) {
    process.kill(pid, 'SIGUSR2');
    await action();
    process.kill(pid, 'SIGUSR2');
    while (!existsSync(exchangeFile())) await delay(20);
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(exchangeFile(), file);
    rmSync(exchangeFile());
    const profile = JSON.parse(readFileSync(file, 'utf8'));
    process.stderr.write(`${file}\n${summarize(profile, { root: at() })}\n`);
    return largestCosts(profile, { root: at() });
  },
};
