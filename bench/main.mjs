// The benchmark as a whole.
import { writeFileSync } from 'node:fs';
import { StepFailed, say } from '../scripts/lib/run.mjs';
import { missingPackages, provideSystemPackages } from '../scripts/lib/system-packages.mjs';
import { runBackEnds } from './back-ends/index.mjs';
import { runDurability } from './durability/index.mjs';
import { describeMachine } from './report/machine.mjs';
import { renderMarkdown } from './report/markdown.mjs';
import { renderTable } from './report/table.mjs';
import { runBenchmark } from './run.mjs';
import { chooseScenarios } from './scenarios/index.mjs';

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./report/compare.mjs').ComparedRow} ComparedRow */

/** What our Go programs and the file system are made with. */
const tools = ['golang-go', 'golang-github-containerd-containerd-dev', 'e2fsprogs'];
const needed = ['containerd', 'runc', 'busybox-static', ...tools];

/** The scenarios whose costs are measured with each setting of `durability`. */
const durabilityScenarios = [
  'prepare-remove-64',
  'prepare-remove-1',
  'write-commit-remove-64',
  'write-commit-remove-1',
];

/**
 * Measures, and prints what was asked for.
 * @param {Options} options
 * @param {readonly string[]} args As they were given, for the page.
 * @throws {StepFailed} When the machine lacks something.
 */
export async function main(options, args) {
  if (options.backEnds) {
    process.stdout.write(await runBackEnds(options));
    return;
  }
  if (options.durability) {
    await requireMachine(tools, 'measuring durability');
    const { calls } = chooseScenarios({ ...options, scenarios: durabilityScenarios });
    process.stdout.write(await runDurability(calls, options));
    return;
  }
  const scenarios = chooseScenarios(options);
  await requireMachine(needed, 'the benchmark');
  const rows = await runBenchmark(scenarios, options);
  report(rows, options, args);
}

/** @param {readonly string[]} names @param {string} purpose */
async function requireMachine(names, purpose) {
  if (process.getuid?.() !== 0) throw new StepFailed(`${purpose} needs root, to mount file systems`);
  await provideSystemPackages({ names, purpose, without: 'it cannot run without them' });
  const missing = missingPackages(names);
  if (missing.length > 0) throw new StepFailed(`${purpose} needs these packages of Debian: ${missing.join(' ')}`);
}

/** @param {readonly ComparedRow[]} rows @param {Options} options @param {readonly string[]} args */
function report(rows, options, args) {
  const machine = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  if (options.format === 'json') process.stdout.write(`${JSON.stringify({ date, machine, rows }, undefined, 2)}\n`);
  else process.stdout.write(renderTable(rows));
  if (options.markdown === undefined) return;
  const command = ['npm run bench --', ...args.filter((arg) => !arg.startsWith('/'))].join(' ');
  const rounds = String(options.rounds ?? (options.quick ? 1 : '3, of jobs 5'));
  writeFileSync(options.markdown, renderMarkdown({ rows, machine, date, command, rounds }));
  say(`wrote ${options.markdown}`);
}
