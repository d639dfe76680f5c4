import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../paths.js';
import type { SecondKernel } from './kernel.js';

/** What came of one test inside. */
export interface InsideOutcome {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly name: string;
  readonly file: string;
  /** Why it was skipped. */
  readonly reason: string;
}

/** What came of test files that were run inside. */
export interface InsideRun {
  readonly outcomes: readonly InsideOutcome[];
  /** The status of the runner. */
  readonly status: number | undefined;
  /** The runner's own report, for people. */
  readonly report: string;
}

/** Runs compiled test files with node's runner inside a second kernel, one file after the other. */
export async function runTestFiles(
  kernel: SecondKernel,
  files: readonly string[],
  { env = {}, seconds = 1800 }: { env?: Readonly<Record<string, string>>; seconds?: number } = {},
): Promise<InsideRun> {
  const counts = path.join(kernel.share, 'outcomes');
  const args = [
    '--enable-source-maps',
    '--test',
    '--test-concurrency=1',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${path.join(checkout, 'scripts', 'lib', 'count-reporter.mjs')}`,
    `--test-reporter-destination=${counts}`,
    ...files,
  ];
  const { status, stdout, stderr } = await kernel.run(process.execPath, args, { env, cwd: checkout, seconds });
  const lines = (await readFile(counts, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return { outcomes: lines.map(parseOutcome), status, report: stdout + stderr };
}

function parseOutcome(line: string): InsideOutcome {
  const { outcome, name, file, reason } = JSON.parse(line) as InsideOutcome;
  return { outcome, name, file, reason };
}
