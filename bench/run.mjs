// Runs scenarios against both daemons in turn, round by round.
import path from 'node:path';
import { say } from '../scripts/lib/run.mjs';
import { profiled } from './profile/profiled.mjs';
import { compareRow } from './report/compare.mjs';
import { compileLoad } from './targets/load.mjs';
import { killAll } from './targets/process.mjs';
import { Target } from './targets/target.mjs';
import { Undo } from './targets/undo.mjs';
import { makeWorkplace, removeWorkplace } from './targets/workplace.mjs';

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {import('./scenarios/scenario.mjs').Scenario} Scenario */
/** @typedef {import('./report/compare.mjs').ComparedRow} ComparedRow */
/** @typedef {import('./report/sample.mjs').Sample} Sample */
/** @typedef {import('./targets/target.mjs').Side} Side */
/** @typedef {Readonly<Partial<Record<Side, Readonly<Record<string, Sample>>>>>} Round What was measured in one round. */

const rounds = { usual: 3, quick: 1 };
const seconds = { usual: 3, quick: 1 };

/**
 * Measures, and leaves nothing behind, whatever happens.
 * @param {readonly Scenario[]} scenarios
 * @param {Options} options
 * @returns {Promise<ComparedRow[]>}
 */
export async function runBenchmark(scenarios, options) {
  await compileLoad();
  const undo = new Undo();
  const stopListening = listenForSignals();
  undo.add(stopListening);
  try {
    const targets = await startTargets(options, undo);
    const rows = [];
    for (const scenario of scenarios) rows.push(...(await runScenario(scenario, targets, options)));
    return rows;
  } finally {
    await undo.run();
  }
}

/** The first signal ends what runs, so that everything is taken back on the way out; the second ends us. */
function listenForSignals() {
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 1) process.exit(130);
    say('ending; cleaning up');
    killAll();
    process.exitCode = 130;
  };
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, onSignal);
  return () => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.off(signal, onSignal);
  };
}

/** @param {Options} options @param {Undo} undo */
async function startTargets({ directory: parent, strata, only, profile }, undo) {
  const workplace = makeWorkplace(parent);
  undo.add(() => removeWorkplace(workplace));
  const sides = /** @type {const} */ (['ours', 'theirs']).filter((side) => only === 'both' || only === side);
  const targets = [];
  for (const side of sides) {
    const env = side === 'ours' && profile !== undefined ? profiled.environment : {};
    const target = new Target({ side, directory: path.join(workplace, side), strata, env });
    undo.add(() => target.stop());
    await target.start();
    targets.push(target);
  }
  return targets;
}

/**
 * @param {Scenario} scenario
 * @param {readonly Target[]} targets
 * @param {Options} options
 * @returns {Promise<ComparedRow[]>}
 */
async function runScenario(scenario, targets, options) {
  const count = Math.min(options.rounds ?? (options.quick ? rounds.quick : rounds.usual), scenario.rounds ?? Infinity);
  say(`${scenario.name}, ${count === 1 ? 'one round' : `${count} rounds`}`);
  /** @type {Round[]} */
  const measured = [];
  for (const target of targets) await prepareTarget(scenario, target, options);
  for (let round = 0; round < count; round += 1) {
    // Neither is always the one that comes after the other.
    const order = round % 2 === 0 ? targets : [...targets].reverse();
    measured.push(await runRound(scenario, order, options));
  }
  const costs = await costsOf(scenario, targets, options);
  if (scenario.kept !== true) {
    for (const target of targets) {
      await target.request(scenario.name, { action: 'clear' });
      await target.settle();
    }
  }
  return scenario.rows.map((row) => ({ ...compareRow(row, measured), ...costs }));
}

/** @param {Scenario} scenario @param {Target} target @param {Options} options */
async function prepareTarget(scenario, target, options) {
  await scenario.setUp?.(runOf(scenario, target, options));
  await target.settle();
}

/**
 * @param {Scenario} scenario
 * @param {readonly Target[]} targets
 * @param {Options} options
 * @returns {Promise<Round>}
 */
async function runRound(scenario, targets, options) {
  /** @type {Partial<Record<Side, Record<string, Sample>>>} */
  const round = {};
  for (const target of targets) {
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

/** @param {Scenario} scenario @param {Target} target @param {Options} options */
function runOf({ name }, target, { quick, full }) {
  const budget = { seconds: quick ? seconds.quick : seconds.usual, quick, full };
  return { target, namespace: name, budget };
}

/**
 * Measures our daemon once more, profiled, when that is asked for. What is measured then does not count: a profile slows
 * down what it looks at.
 * @param {Scenario} scenario
 * @param {readonly Target[]} targets
 * @param {Options} options
 * @returns {Promise<{ costs?: readonly import('./profile/summary.mjs').Cost[] }>}
 */
async function costsOf(scenario, targets, options) {
  const target = targets.find(({ side }) => side === 'ours');
  // One that is started anew is not the daemon that would be told to end the profile.
  if (options.profile === undefined || target === undefined || scenario.restarts === true) return {};
  const run = runOf(scenario, target, options);
  await scenario.warmUp?.(run);
  const file = path.join(options.profile, `${scenario.name}.cpuprofile`);
  const costs = await profiled.run(() => scenario.measure(run), { pid: target.pid, file });
  await target.settle();
  return { costs };
}
