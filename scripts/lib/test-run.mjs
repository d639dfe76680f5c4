// Runs test files with node's own runner, and counts what came of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { at } from './project.mjs';
import { StepFailed, say, withNode } from './run.mjs';
import { TestPlace } from './test-place.mjs';

/** @typedef {import('./count-reporter.mjs').Outcome} Outcome */

/** After so many milliseconds a test file is ended and has failed: what hangs shall not keep the others from being run. */
const longestFile = 30 * 60_000;

/** What ends a run from outside. */
const endings = /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']);

/** So many milliseconds the tests have to end by themselves after a signal. */
const patience = 5000;

/** What came of a run. */
export class Tally {
  /**
   * @param {readonly Outcome[]} outcomes
   * @param {number} [status] What the runner itself ended with.
   */
  constructor(outcomes, status = 0) {
    this.outcomes = outcomes;
    this.status = status;
  }

  /** @param {Outcome['outcome']} outcome */
  only(outcome) {
    return this.outcomes.filter((each) => each.outcome === outcome);
  }

  /** The tests that failed; a runner that failed without naming one counts as one. */
  get failed() {
    const named = this.only('failed').length;
    return named === 0 && this.status !== 0 ? 1 : named;
  }

  get passed() {
    return this.only('passed').length;
  }

  get skipped() {
    return this.only('skipped').length;
  }

  toString() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/**
 * Both in one. @param {readonly Tally[]} tallies
 */
export function sum(tallies) {
  const outcomes = tallies.flatMap((tally) => [...tally.outcomes]);
  // A runner that failed without naming a test has to show in the sum as well.
  const silent = tallies.filter((tally) => tally.status !== 0 && tally.only('failed').length === 0);
  for (const _ of silent) outcomes.push({ outcome: 'failed', name: 'the test runner', file: '', reason: '' });
  return new Tally(outcomes);
}

/**
 * Runs test files and prints node's own report on the way. What they leave behind counts as a failed test, and is taken
 * away; also when a signal ends the run.
 * @param {readonly string[]} files
 * @param {{ concurrency: number, node?: string | undefined }} options `node` is the binary that runs them; the one that runs us by default.
 * @returns {Promise<Tally>}
 */
export async function runTests(files, { concurrency, node = process.execPath }) {
  if (files.length === 0) return new Tally([]);
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-outcomes-'));
  const place = new TestPlace();
  try {
    const counts = path.join(directory, 'outcomes');
    const status = await untilEnd(
      node,
      [
        '--enable-source-maps',
        '--test',
        `--test-concurrency=${concurrency}`,
        `--test-timeout=${longestFile}`,
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        `--test-reporter=${at('scripts', 'lib', 'count-reporter.mjs')}`,
        `--test-reporter-destination=${counts}`,
        ...files,
      ],
      place,
    );
    return new Tally([...readOutcomes(counts), ...outcomeOfLeftovers(await place.leftovers())], status);
  } finally {
    await place.clear();
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Runs node to its end. A signal to this process is passed on to it.
 * @param {string} node The binary.
 * @param {readonly string[]} args
 * @param {TestPlace} place
 * @returns {Promise<number>} Its status.
 * @throws {StepFailed} When a signal came.
 */
async function untilEnd(node, args, place) {
  const child = spawn(node, args, {
    cwd: at(),
    env: { ...environment(node), TMPDIR: place.path },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  /** @type {NodeJS.Signals | undefined} */
  let signal;
  const stop = (/** @type {NodeJS.Signals} */ name) => {
    signal = name;
    child.kill('SIGTERM');
    // What does not end by itself is ended with all that the tests have started.
    setTimeout(() => child.kill('SIGKILL'), patience).unref();
  };
  for (const name of endings) process.on(name, stop);
  try {
    const [status] = await once(child, 'exit');
    if (signal !== undefined) throw new StepFailed(`the tests were ended by ${signal}`);
    return status ?? 128;
  } finally {
    // It ends by the next signal as any process does, but only when all that the tests have started is gone.
    for (const name of endings) process.off(name, stop);
  }
}

/**
 * Ours, without what would have the tests talk to other daemons and in other namespaces than they mean to.
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
function environment(node) {
  const { STRATA_ADDRESS, STRATA_NAMESPACE, STRATA_SNAPSHOTTER, ...rest } = /** @type {NodeJS.ProcessEnv} */ (
    withNode(node)
  );
  // npm and tsc would otherwise leave what they have compiled in the temporary folder.
  return { ...rest, NODE_DISABLE_COMPILE_CACHE: '1' };
}

/** @param {readonly string[]} leftovers @returns {Outcome[]} */
function outcomeOfLeftovers(leftovers) {
  for (const leftover of leftovers) say(`the tests have left ${leftover}`);
  if (leftovers.length === 0) return [];
  return [{ outcome: 'failed', name: 'nothing is left of the tests', file: '', reason: '' }];
}

/**
 * @param {string} file
 * @returns {Outcome[]} What was written before a runner that crashed did so.
 */
function readOutcomes(file) {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
