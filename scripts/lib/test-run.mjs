// Runs test files with node's own runner, and counts what came of them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { at } from './project.mjs';
import { run, withNode } from './run.mjs';

/** @typedef {import('./count-reporter.mjs').Outcome} Outcome */

/** After so many milliseconds a test file is ended and has failed: what hangs shall not keep the others from being run. */
const longestFile = 30 * 60_000;

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
 * Runs test files and prints node's own report on the way.
 * @param {readonly string[]} files
 * @param {{ concurrency: number, node?: string | undefined }} options `node` is the binary that runs them; the one that runs us by default.
 * @returns {Promise<Tally>}
 */
export async function runTests(files, { concurrency, node = process.execPath }) {
  if (files.length === 0) return new Tally([]);
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-tests-'));
  const counts = path.join(directory, 'outcomes');
  try {
    const status = await run(
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
      { env: withNode(node) },
    );
    return new Tally(readOutcomes(counts), status);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {string} file
 * @returns {Outcome[]} What was written before a runner that crashed did so.
 */
function readOutcomes(file) {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
