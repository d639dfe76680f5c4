// Runs scenarios with all that is compared in turn, round by round.
import path from 'node:path';
import { say } from '../scripts/lib/run.mjs';
import { profiled } from './profile/profiled.mjs';
import { cellsOf } from './report/cells.mjs';
import { compareRow } from './report/compare.mjs';
import { isOurs } from './report/sample.mjs';
import { compilePrograms } from './targets/go.mjs';
import { interruptible } from './targets/interruption.mjs';
import { startCalls, startJobs } from './targets/stages.mjs';
import { withUndo } from './targets/undo.mjs';

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./report/compare.mjs').ComparedRow} ComparedRow */
/** @typedef {import('./report/compare.mjs').Round} Round */
/** @typedef {import('./report/compare.mjs').CostsOfSides} CostsOfSides */
/** @typedef {import('./scenarios/index.mjs').Chosen} Chosen */
/** @typedef {import('./scenarios/scenario.mjs').Subject} Subject */
/** @typedef {import('./targets/undo.mjs').Undo} Undo */

/**
 * @template {Subject} T
 * @typedef {import('./scenarios/scenario.mjs').Scenario<T>} Scenario
 */

const usualRounds = 3;
const seconds = { usual: 3, quick: 1 };

/**
 * Measures, and leaves nothing behind, whatever happens.
 * @param {Chosen} scenarios
 * @param {Options} options
 * @returns {Promise<ComparedRow[]>}
 */
export async function runBenchmark({ jobs, calls }, options) {
  await compilePrograms();
  return interruptible(async (signal) => [
    ...(await runStage({ scenarios: jobs, start: startJobs, options, signal })),
    ...(await runStage({ scenarios: calls, start: startCalls, options, signal })),
  ]);
}

/**
 * @template {Subject} T
 * @param {object} stage
 * @param {readonly Scenario<T>[]} stage.scenarios
 * @param {(options: Options, undo: Undo) => Promise<T[]>} stage.start
 * @param {Options} stage.options
 * @param {AbortSignal} stage.signal
 * @returns {Promise<ComparedRow[]>}
 */
async function runStage({ scenarios, start, options, signal }) {
  if (scenarios.length === 0) return [];
  return withUndo(async (undo) => {
    const targets = await start(options, undo);
    const rows = [];
    for (const scenario of scenarios) rows.push(...(await runScenario(scenario, { targets, options, signal })));
    return rows;
  });
}

/**
 * @template {Subject} T
 * @param {Scenario<T>} scenario
 * @param {{ targets: readonly T[], options: Options, signal: AbortSignal }} context
 * @returns {Promise<ComparedRow[]>}
 */
async function runScenario(scenario, { targets, options, signal }) {
  const count = roundsOf(scenario, options);
  say(`${scenario.name}, ${count === 1 ? 'one round' : `${count} rounds`}`);
  for (const target of targets) {
    signal.throwIfAborted();
    await scenario.setUp?.(runOf(scenario, target, options));
    await target.settle();
  }
  /** @type {Round[]} */
  const measured = [];
  for (let round = 0; round < count; round += 1) {
    // None is always the one that comes after the others.
    const order = round % 2 === 0 ? targets : [...targets].reverse();
    measured.push(await runRound(scenario, { targets: order, options, signal }));
  }
  const costs = await costsOf(scenario, targets, options);
  for (const target of scenario.kept === true ? [] : targets) {
    await target.clear(scenario.name);
    await target.settle();
  }
  const rows = scenario.rows.map((row) => compareRow(row, measured, costs));
  // A run takes long, and may be ended before the table.
  for (const row of rows) say(`  ${cellsOf(row).filter(Boolean).join(' | ')}`);
  return rows;
}

/** @param {Scenario<never>} scenario @param {Options} options */
function roundsOf({ once = false, rounds = usualRounds }, options) {
  return once ? 1 : (options.rounds ?? (options.quick ? 1 : rounds));
}

/**
 * @template {Subject} T
 * @param {Scenario<T>} scenario
 * @param {{ targets: readonly T[], options: Options, signal: AbortSignal }} context
 * @returns {Promise<Round>}
 */
async function runRound(scenario, { targets, options, signal }) {
  /** @type {{ -readonly [side in keyof Round]: Round[side] }} */
  const round = {};
  for (const target of targets) {
    signal.throwIfAborted();
    const run = runOf(scenario, target, options);
    await scenario.warmUp?.(run);
    const samples = await scenario.measure(run);
    const memory = target.memory().resident;
    round[target.side] = Object.fromEntries(
      Object.entries(samples).map(([name, sample]) => [name, { memory, ...sample }]),
    );
    await target.settle();
  }
  return round;
}

/**
 * @template {Subject} T
 * @param {Scenario<T>} scenario
 * @param {T} target
 * @param {Options} options
 */
function runOf({ name }, target, { quick, full }) {
  const budget = { seconds: quick ? seconds.quick : seconds.usual, quick, full };
  return { target, namespace: name, budget };
}

/**
 * Measures our daemons once more, profiled, when that is asked for. What is measured then does not count: a profile slows
 * down what it looks at.
 * @template {Subject} T
 * @param {Scenario<T>} scenario
 * @param {readonly T[]} targets
 * @param {Options} options
 * @returns {Promise<CostsOfSides>}
 */
async function costsOf(scenario, targets, options) {
  /** @type {{ -readonly [side in keyof CostsOfSides]: CostsOfSides[side] }} */
  const costs = {};
  // One that is started again is not the daemon that would be told to end the profile.
  if (options.profile === undefined || scenario.restarts === true) return costs;
  for (const target of targets.filter(({ side }) => isOurs(side))) {
    const run = runOf(scenario, target, options);
    await scenario.warmUp?.(run);
    const file = path.join(options.profile, `${scenario.name}-${target.side}.cpuprofile`);
    costs[target.side] = await profiled.run(() => scenario.measure(run), { pid: target.pid, file });
    await target.settle();
  }
  return costs;
}
