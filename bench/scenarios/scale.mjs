// Large stores: what a call takes, what the daemon holds, how it starts.
import { atMost, atMostOwn, below, noGoal } from './goals.mjs';
import { base, fill, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */
/** @typedef {import('./scenario.mjs').Row} Row */
/** @typedef {import('../report/sample.mjs').Sample} Sample */

const operations = /** @type {const} */ ([
  { operation: 'prepare', title: 'Prepare' },
  { operation: 'stat', title: 'Stat' },
]);
const callers = 8;
const million = 1_000_000;
const large = 100_000;
const [smallest, ...larger] = /** @type {const} */ ([1000, large, million]);
const growth = 1.3;

/** @param {string} operation @param {number} count */
const rowName = (operation, count) => `${operation}-at-${count}`;

/** @param {boolean} full @returns {readonly number[]} */
const sizes = (full) => [smallest, ...larger.filter((count) => full || count < million)];

/** @param {boolean} full @returns {Row[]} */
function rows(full) {
  return operations.flatMap(({ operation, title }) =>
    sizes(full).map((count) => ({
      name: rowName(operation, count),
      title: `${title} at ${count.toLocaleString('en')} snapshots, ${callers} callers`,
      goal: count === smallest ? noGoal('mean') : atMostOwn('mean', growth, 'that at 1,000'),
    })),
  );
}

/**
 * Fills a store step by step.
 * @param {{ full: boolean }} options
 * @returns {Scenario}
 */
function growing({ full }) {
  return {
    name: 'scale',
    rounds: 1,
    kept: true,
    rows: rows(full),
    setUp: makeBase,
    async measure(run) {
      /** @type {Record<string, Sample>} */
      const samples = {};
      for (const count of sizes(full)) {
        // Their rate of making a million would take most of an hour.
        if (count === million && run.target.side === 'theirs') break;
        await growTo(run, count);
        for (const { operation } of operations) {
          const reference = samples[rowName(operation, smallest)]?.mean;
          const sample = await measureAt(run, { operation, count });
          samples[rowName(operation, count)] = { ...sample, ...(reference === undefined ? {} : { reference }) };
        }
      }
      return samples;
    },
  };
}

/** How many snapshots of the kept store each daemon has. @type {WeakMap<object, number>} */
const grown = new WeakMap();

/** @param {Run} run @param {number} count */
async function growTo(run, count) {
  const from = grown.get(run.target) ?? 0;
  if (from >= count) return;
  await fill({ ...run, namespace: 'scale' }, { prefix: 'known', from, to: count });
  grown.set(run.target, count);
  await run.target.settle();
}

/** @param {Run} run @param {{ operation: string, count: number }} what @returns {Promise<Sample>} */
async function measureAt({ target, namespace, budget }, { operation, count }) {
  /** @param {number} share */
  const loop = (share) => {
    const prefix = operation === 'prepare' ? freshPrefix('at') : 'known';
    const seconds = budget.seconds * share;
    return target.measure(namespace, {
      action: 'loop',
      operation,
      callers,
      seconds,
      prefix,
      keys: count,
      parent: base,
    });
  };
  await loop(0.5);
  const sample = await loop(1);
  return { ...sample, mean: (1000 * callers) / (sample.perSecond ?? Number.NaN) };
}

/** @type {Scenario} */
const memory = {
  name: 'memory',
  rounds: 1,
  rows: [{ name: 'memory', title: 'resident memory after all that', goal: atMost('memory', 1.5) }],
  async measure({ target }) {
    await target.settle();
    const { resident, anonymous } = target.memory();
    return { memory: { memory: resident, anonymous } };
  },
};

/** @type {Scenario} */
const start = {
  name: 'start',
  rounds: 3,
  kept: true,
  restarts: true,
  rows: [
    {
      name: 'start',
      title: `start with ${large.toLocaleString('en')} snapshots, until it answers`,
      goal: below('p50', 1000, 'less than 1 s'),
    },
  ],
  async setUp(run) {
    if ((grown.get(run.target) ?? 0) > 0) return;
    await makeBase({ ...run, namespace: 'scale' });
    await growTo(run, large);
  },
  async measure({ target }) {
    await target.stop();
    const milliseconds = await target.start();
    return { start: { p50: milliseconds, worst: milliseconds } };
  },
};

/** See the head of this file; in this order, since each goes on with what the one before it left. @param {{ full: boolean }} options */
export const scaleScenarios = (options) => [growing(options), memory, start];
