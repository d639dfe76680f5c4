// Making, committing and removing snapshots.
import { atMost, timesAsMany } from './goals.mjs';
import { base, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */

/** @param {number} count */
const callersText = (count) => (count === 1 ? '1 caller' : `${count} callers`);

/**
 * Rounds of several calls, again and again.
 * @param {{ operation: string, title: string, callers: number, factor: number, quick?: boolean, note?: string }} options
 * @returns {Scenario}
 */
function rounds({ operation, title, callers, factor, quick = true, note }) {
  const name = `${operation}-${callers}`;
  /** @param {Run} run @param {number} share Of the seconds of the budget. */
  const loop = (run, share) => ({
    action: 'loop',
    operation,
    callers,
    seconds: run.budget.seconds * share,
    prefix: freshPrefix('r'),
    parent: base,
  });
  return {
    name,
    quick,
    rows: [{ name, title: `${title}, ${callersText(callers)}`, goal: timesAsMany(factor), note }],
    setUp: makeBase,
    warmUp: (run) => run.target.request(run.namespace, loop(run, 0.5)),
    async measure(run) {
      const sample = await run.target.measure(run.namespace, loop(run, 1));
      return { [name]: { ...sample, backlog: run.target.directories() } };
    },
  };
}

const prepareRemove = { operation: 'prepare-remove', title: 'Prepare + Remove' };
const prepareCommitRemove = { operation: 'prepare-commit-remove', title: 'Prepare + Commit + Remove' };

/** @type {Scenario} */
const prepareCost = {
  name: 'prepare-cost',
  rows: [
    {
      name: 'prepare-cost',
      title: 'server CPU per Prepare, 8 callers',
      goal: atMost('processor', 1 / 3, 'at most a third'),
    },
  ],
  setUp: makeBase,
  warmUp: (run) => run.target.request(run.namespace, prepareLoop(run, 0.3)),
  async measure(run) {
    return { 'prepare-cost': await run.target.measure(run.namespace, prepareLoop(run, 1)) };
  },
};

/** @param {Run} run @param {number} share */
function prepareLoop(run, share) {
  const seconds = run.budget.seconds * share;
  return { action: 'loop', operation: 'prepare', callers: 8, seconds, prefix: freshPrefix('p'), parent: base };
}

/** @type {Scenario} */
const burst = {
  name: 'burst',
  rows: [
    {
      name: 'burst',
      title: '1,000 Prepares at once',
      goal: atMost('worst', 1 / 3, 'the worst at most a third'),
    },
  ],
  setUp: makeBase,
  warmUp: ({ target, namespace }) =>
    target.request(namespace, { action: 'burst', callers: 200, prefix: freshPrefix('b'), parent: base }),
  async measure({ target, namespace }) {
    const command = { action: 'burst', callers: 1000, prefix: freshPrefix('b'), parent: base };
    return { burst: await target.measure(namespace, command) };
  },
};

/** See the head of this file. @type {readonly Scenario[]} */
export const createScenarios = [
  rounds({ ...prepareRemove, callers: 64, factor: 6 }),
  rounds({ ...prepareRemove, callers: 8, factor: 4 }),
  rounds({ ...prepareRemove, callers: 1, factor: 1.8 }),
  rounds({ ...prepareCommitRemove, callers: 64, factor: 6 }),
  rounds({
    ...prepareCommitRemove,
    callers: 1,
    factor: 1.5,
    quick: false,
    note: 'A round waits for the disk three times, one after the other: the log of the store for each call. The rest is the main thread, which works through one call at a time and finds nothing to share with another.',
  }),
  burst,
  prepareCost,
];
