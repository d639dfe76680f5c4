#!/usr/bin/env node
// npm test: makes the checkout ready and runs the tests; the last line counts them.
//
//   npm test                               all of them
//   npm test -- unit [pattern]             those beside the sources, whose file's path has the pattern in it
//   npm test -- integration [pattern]      those of tests/, against a real daemon and a real containerd
//   npm test -- node26 [pattern]           those beside the sources and a smoke test, on another line of Node
//
// STRATA_REQUIRE_INTEGRATION=1 counts an integration test that is skipped as failed, unless it needs what this machine
// itself cannot do.
import os from 'node:os';
import path from 'node:path';
import { asCommand } from './lib/command.mjs';
import { askMachine } from './lib/lacks.mjs';
import { at, filesBelow, root } from './lib/project.mjs';
import { StepFailed, say, seconds } from './lib/run.mjs';
import { pinnedNode, testedLines } from './lib/runtime.mjs';
import { provideSystemPackages } from './lib/system-packages.mjs';
import { runTests, sum, Tally } from './lib/test-run.mjs';
import { setup } from './setup.mjs';

/** @typedef {import('./lib/lacks.mjs').Lacks} Lacks */
/**
 * What came of the tests of a kind, and how many were skipped that this machine could run.
 * @typedef {{ tally: Tally, unexcused: number }} Result
 */
/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {() => string[]} files
 * @property {() => Promise<void>} prepare
 * @property {() => Promise<Lacks>} ask Asks what of what they need is not here.
 * @property {() => number} concurrency
 * @property {() => Promise<string>} [node] The binary of Node that runs them, where it is not the one that runs us.
 */

/** What unit tests need of the kernel, and do not find out by themselves. */
const fileSystems = ['ext4', 'xfs', 'btrfs', 'erofs'];

/** @type {Kind} */
const unit = {
  name: 'unit',
  files: () => [...ofParts(), ...filesBelow(at('scripts'), (file) => file.endsWith('.test.mjs'))],
  prepare: () => setup('tests'),
  ask: () => askMachine(fileSystems),
  concurrency: () => os.availableParallelism(),
};

/** @type {Kind} */
const integration = {
  name: 'integration',
  // Those of tests/kernel are run by one of them, in a kernel of their own.
  files: () => compiledTests('tests/integration'),
  async prepare() {
    await setup('tests');
    await provideSystemPackages();
    // A machine may have a Node that is too old for Strata.
    await pinnedNode('20').catch(whyNot);
  },
  ask: () => askMachine(),
  // They start daemons, mount and look at what is left on the machine.
  concurrency: () => 1,
};

/**
 * The unit tests again, and a daemon, a command and the library at work, on another release line of Node.
 * @param {string} line
 * @returns {Kind}
 */
function onLine(line) {
  return {
    name: `node${line}`,
    files: () => [...ofParts(), at('build/tests/integration/smoke.test.js')],
    prepare: () => setup('tests'),
    ask: () => askMachine(fileSystems),
    concurrency: () => os.availableParallelism(),
    node: () => pinnedNode(line),
  };
}

const allowsNoSkips = process.env['STRATA_REQUIRE_INTEGRATION'] === '1';
const otherLines = testedLines.filter((line) => !process.versions.node.startsWith(`${line}.`));
const kinds = [unit, ...otherLines.map(onLine), integration];

function ofParts() {
  return [...compiledTests('src'), ...compiledTests('tests/support')];
}

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
 * @returns {Promise<Result>}
 */
async function runKind(kind, pattern) {
  await kind.prepare();
  const lacks = await kind.ask();
  const start = performance.now();
  const files = kind.files().filter((file) => path.relative(root, file).includes(pattern));
  const node = await kind.node?.().catch(whyNot);
  if (node instanceof StepFailed) {
    say(`${kind.name} tests: none, since ${node.message}`);
    return {
      tally: new Tally([{ outcome: 'skipped', name: kind.name, file: '', reason: node.message }]),
      unexcused: 1,
    };
  }
  const tally = await runTests(files, { concurrency: kind.concurrency(), node });
  say(`${kind.name} tests: ${tally} in ${files.length} files (${seconds(start)})`);
  const skipped = tally.only('skipped');
  for (const line of lacks.summary(skipped)) say(`  ${line}`);
  // On another Node the same are skipped.
  for (const { name, file, reason } of kind.node === undefined ? skipped.filter((each) => !lacks.explain(each)) : []) {
    say(`  skipped: ${path.relative(root, file)}: ${name}${reason === '' ? '' : ` (${reason})`}`);
  }
  return { tally, unexcused: skipped.filter((each) => !lacks.excuse(each)).length };
}

/** Again at the end, where somebody who has only the last lines of a long run sees it. @param {string} kind @param {Tally} tally */
function sayWhatFailed(kind, tally) {
  for (const { name, file, reason } of tally.only('failed')) {
    const [first = '', ...more] = reason.split('\n').slice(0, 12);
    say(`failed in the ${kind} tests: ${path.relative(root, file)}: ${name}: ${first}`);
    for (const line of more) say(`    ${line}`);
  }
}

/** Another Node that cannot be had is no failure, where tests may be skipped. @param {unknown} error */
function whyNot(error) {
  if (error instanceof StepFailed && !allowsNoSkips) return error;
  throw error;
}

/** Why the run as a whole is no success, if so. @param {Map<string, Result>} results */
function complaint(results) {
  const all = sum([...results.values()].map(({ tally }) => tally));
  if (all.failed > 0) return `${all.failed} tests failed`;
  if (all.passed === 0 && !isExcused(all, results)) return 'no test was run';
  const unexcused = results.get('integration')?.unexcused ?? 0;
  if (allowsNoSkips && unexcused > 0) {
    return `${unexcused} integration tests were skipped that this machine could run, and STRATA_REQUIRE_INTEGRATION allows none`;
  }
  return undefined;
}

/** Whether there is nothing but what this machine cannot run. @param {Tally} all @param {Map<string, Result>} results */
function isExcused({ skipped }, results) {
  return skipped > 0 && [...results.values()].every(({ unexcused }) => unexcused === 0);
}

/** @param {readonly string[]} args */
async function main([wanted, pattern = '']) {
  const chosen = kinds.filter((kind) => wanted === undefined || kind.name === wanted);
  if (chosen.length === 0)
    throw new StepFailed(`usage: npm test [-- ${kinds.map(({ name }) => name).join('|')} [part of a file name]]`);
  /** @type {Map<string, Result>} */
  const results = new Map();
  for (const kind of chosen) results.set(kind.name, await runKind(kind, pattern));
  const why = complaint(results);
  for (const [name, { tally }] of results) sayWhatFailed(name, tally);
  if (why !== undefined) say(why);
  // The last line, in a form that machines read.
  process.stdout.write(`${sum([...results.values()].map(({ tally }) => tally))}\n`);
  return why === undefined ? 0 : 1;
}

await asCommand(() => main(process.argv.slice(2)));
