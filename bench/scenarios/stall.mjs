// Quick calls while something slow goes on.
import { atMost, atMostOwn, below } from './goals.mjs';
import { base, fill, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */
/** @typedef {import('../report/sample.mjs').Sample} Sample */

const callers = 8;

/**
 * Prepares while a large snapshot is worked on.
 * @param {{ event: 'commit' | 'remove', files: number, title: string, note: string }} options
 * @returns {Scenario}
 */
function whileLarge({ event, files, title, note }) {
  const name = `prepare-while-${event}`;
  return {
    name,
    rounds: 3,
    rows: [{ name, title, goal: atMostOwn('p99', 2, 'its quiet p99'), note }],
    setUp: makeBase,
    async measure({ target, namespace, budget }) {
      const key = freshPrefix('large');
      await target.request(namespace, { action: 'layer', key, parent: base, files });
      await target.settle();
      const loop = { operation: 'prepare', callers, seconds: budget.seconds, prefix: freshPrefix('s'), parent: base };
      const names = { key, name: `${key}-committed` };
      const { quiet, during, seconds } = await target.request(namespace, { action: 'stall', event, ...names, ...loop });
      return { [name]: { ...toSample(during), reference: Number(toSample(quiet).p99), event: Number(seconds) } };
    },
  };
}

/** @param {unknown} summary From the load generator. @returns {Sample} */
function toSample(summary) {
  return /** @type {Sample} */ (summary);
}

const measuredFiles = 100_000;
const loopLimitMs = 20;

/** @type {Scenario} */
const usage = {
  name: 'usage',
  rounds: 3,
  rows: [
    { name: 'usage', title: 'Usage of a 100,000-file active snapshot', goal: atMost('p50', 1) },
    {
      name: 'usage-stat',
      title: 'Stat from another connection meanwhile',
      goal: below('worst', loopLimitMs, `the worst at most ${loopLimitMs} ms`),
    },
  ],
  async setUp(run) {
    await makeBase(run);
    await fill(run, { prefix: 'known', to: 100 });
    await run.target.request(run.namespace, { action: 'layer', key: 'large', parent: base, files: measuredFiles });
  },
  warmUp: (run) => measureUsage(run, 0.1),
  async measure(run) {
    const result = await measureUsage(run, 1);
    return { usage: toSample(result['usage']), 'usage-stat': toSample(result['stat']) };
  },
};

/** @param {Run} run @param {number} share */
function measureUsage({ target, namespace, budget }, share) {
  const seconds = budget.seconds * share;
  return target.request(namespace, { action: 'usage', key: 'large', seconds, prefix: 'known', keys: 100 });
}

/** See the head of this file. @type {readonly Scenario[]} */
export const stallScenarios = [
  whileLarge({
    event: 'commit',
    files: 200_000,
    title: 'Prepare while a 200,000-file layer is committed, 8 callers',
    note: 'A commit has its layer on disk before it is recorded, by one syncfs, and that writes all that was changed on the file system since the last time: on ext4 some three blocks for each directory, and three directories for each snapshot. Traced: a syncfs of 50 to 200 ms with those of seconds. A write to the log of the store that comes meanwhile has to be flushed from the cache of the disk, and all that was written before goes first: 40 ms instead of 0.3. A few such writes are more than one call in a hundred of the 0.6 s that the commit takes.',
  }),
  whileLarge({
    event: 'remove',
    files: 100_000,
    title: 'Prepare while a 100,000-file snapshot is removed and cleaned up, 8 callers',
    note: 'The files are deleted by one thread that gives way to all others. But while many are deleted, and some seconds after it, the file system takes longer to find room for a directory: measured in the thread that makes them, 0.6 to 1.2 ms for the three of a snapshot instead of 0.13.',
  }),
  usage,
];
