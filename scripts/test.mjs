#!/usr/bin/env node
// npm test: makes the checkout ready and runs the tests; the last line counts them.
//
//   npm test                               all of them
//   npm test -- unit [pattern]             those beside the sources, whose file's path has the pattern in it
//   npm test -- integration [pattern]      those of tests/, against a real daemon and a real containerd
//
// STRATA_REQUIRE_INTEGRATION=1 counts an integration test that is skipped as failed, for machines that have everything.
import os from 'node:os';
import path from 'node:path';
import { asCommand } from './lib/command.mjs';
import { at, filesBelow, root } from './lib/project.mjs';
import { StepFailed, say, seconds } from './lib/run.mjs';
import { provideSystemPackages } from './lib/system-packages.mjs';
import { runTests, sum, Tally } from './lib/test-run.mjs';
import { setup } from './setup.mjs';

/** @typedef {{ name: string, files: () => string[], prepare: () => Promise<void>, concurrency: () => number }} Kind */

/** @type {readonly Kind[]} */
const kinds = [
  {
    name: 'unit',
    files: () => [
      ...compiledTests('src'),
      ...compiledTests('tests/support'),
      ...filesBelow(at('scripts'), (file) => file.endsWith('.test.mjs')),
    ],
    prepare: () => setup('tests'),
    concurrency: () => os.availableParallelism(),
  },
  {
    name: 'integration',
    // Those of tests/kernel are run by one of them, in a kernel of their own.
    files: () => compiledTests('tests/integration'),
    async prepare() {
      await setup('tests');
      await provideSystemPackages();
    },
    // They start daemons, mount and look at what is left on the machine.
    concurrency: () => 1,
  },
];

/**
 * What was compiled from the test files of a folder. Asked of the sources, so that nothing left over is run.
 * @param {string} folder
 */
function compiledTests(folder) {
  const sources = filesBelow(at(folder), (file) => file.endsWith('.test.ts'));
  return sources.map((file) => at('build', path.relative(root, file).replace(/\.ts$/, '.js')));
}

/**
 * @param {Kind} kind
 * @param {string} pattern
 * @returns {Promise<Tally>}
 */
async function runKind(kind, pattern) {
  await kind.prepare();
  const start = performance.now();
  const files = kind.files().filter((file) => path.relative(root, file).includes(pattern));
  const tally = await runTests(files, { concurrency: kind.concurrency() });
  say(`${kind.name} tests: ${tally} in ${files.length} files (${seconds(start)})`);
  for (const { name, file, reason } of tally.only('skipped')) {
    say(`  skipped: ${path.relative(root, file)}: ${name}${reason === '' ? '' : ` (${reason})`}`);
  }
  return tally;
}

/** Why the run as a whole is no success, if so. @param {Map<string, Tally>} tallies */
function complaint(tallies) {
  const all = sum([...tallies.values()]);
  if (all.failed > 0) return `${all.failed} tests failed`;
  if (all.passed === 0) return 'no test was run';
  const skipped = tallies.get('integration')?.skipped ?? 0;
  if (process.env['STRATA_REQUIRE_INTEGRATION'] === '1' && skipped > 0) {
    return `${skipped} integration tests were skipped, and STRATA_REQUIRE_INTEGRATION allows none`;
  }
  return undefined;
}

/** @param {readonly string[]} args */
async function main([wanted, pattern = '']) {
  const chosen = kinds.filter((kind) => wanted === undefined || kind.name === wanted);
  if (chosen.length === 0) throw new StepFailed('usage: npm test [-- unit|integration [part of a file name]]');
  /** @type {Map<string, Tally>} */
  const tallies = new Map();
  for (const kind of chosen) tallies.set(kind.name, await runKind(kind, pattern));
  const why = complaint(tallies);
  if (why !== undefined) say(why);
  // The last line, in a form that machines read.
  process.stdout.write(`${sum([...tallies.values()])}\n`);
  return why === undefined ? 0 : 1;
}

await asCommand(() => main(process.argv.slice(2)));
