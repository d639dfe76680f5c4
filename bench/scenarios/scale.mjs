// Large stores: what a call takes, what the daemon holds, how it starts.
import { atMost, atMostOwn, below, noGoal } from './goals.mjs';
import { base, fill, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */
/** @typedef {import('./scenario.mjs').Row} Row */
/** @typedef {import('../report/sample.mjs').Sample} Sample */

const operations = /** @type {const} */ ([
  { operation: 'prepare', title: 'Prepare', note: undefined },
  {
    operation: 'stat',
    title: 'Stat',
    note: 'The store has half a gigabyte by then, and the pages that a lookup needs are in none of the caches of the processor: what grows is its time per call, not the time that calls wait.',
  },
]);
const callers = 8;
const million = 1_000_000;
const large = 100_000;
const smallest = 1000;
const growth = 1.3;
/** Whose store is filled, whatever the scenario is called. */
const namespace = 'scale';

/** @param {string} operation @param {number} count */
const rowName = (operation, count) => `${operation}-at-${count}`;

/** @param {readonly number[]} sizes @returns {Row[]} */
function rowsAt(sizes) {
  return operations.flatMap(({ operation, title, note }) =>
    sizes.map((count) => ({
      name: rowName(operation, count),
      title: `${title} at ${count.toLocaleString('en')} snapshots, ${callers} callers`,
      goal: count === smallest ? noGoal('mean') : atMostOwn('mean', growth, 'that at 1,000'),
      note,
    })),
  );
}

/**
 * Fills a store step by step.
 * @param {{ name: string, sizes: readonly number[], oursAlone?: boolean }} options
 * @returns {Scenario}
 */
function growing({ name, sizes, oursAlone = false }) {
  return {
    name,
    rounds: 1,
    kept: true,
    rows: rowsAt(sizes),
    setUp: (run) => makeBase({ ...run, namespace }),
    async measure(run) {
      /** @type {Record<string, Sample>} */
      const samples = {};
      if (oursAlone && run.target.side === 'theirs') return samples;
      for (const count of sizes) Object.assign(samples, await measureSize(run, count));
      return samples;
    },
  };
}

/** @param {Run} run @param {number} count */
async function measureSize(run, count) {
  await growTo(run, count);
  const known = meansOf(run.target);
  /** @type {Record<string, Sample>} */
  const samples = {};
  for (const { operation } of operations) {
    const sample = await measureAt(run, { operation, count });
    if (count === smallest) known.set(operation, sample.mean);
    const reference = count === smallest ? undefined : known.get(operation);
    samples[rowName(operation, count)] = { ...sample, ...(reference === undefined ? {} : { reference }) };
  }
  return samples;
}

/** What an operation took with the smallest store, by its name. @type {WeakMap<object, Map<string, number>>} */
const means = new WeakMap();

/** @param {object} target */
function meansOf(target) {
  const known = means.get(target) ?? new Map();
  means.set(target, known);
  return known;
}

/** How many snapshots of the kept store each daemon has. @type {WeakMap<object, number>} */
const grown = new WeakMap();

/** @param {Run} run @param {number} count */
async function growTo(run, count) {
  const from = grown.get(run.target) ?? 0;
  if (from >= count) return;
  await fill({ ...run, namespace }, { prefix: 'known', from, to: count });
  grown.set(run.target, count);
  await run.target.settle();
}

/** @param {Run} run @param {{ operation: string, count: number }} what @returns {Promise<Sample & { mean: number }>} */
async function measureAt({ target, budget }, { operation, count }) {
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
    await makeBase({ ...run, namespace });
    await growTo(run, large);
  },
  async measure({ target }) {
    await target.stop();
    const milliseconds = await target.start();
    return { start: { p50: milliseconds, worst: milliseconds } };
  },
};

/**
 * See the head of this file; in this order, since each goes on with what the one before it left. The million comes last, so
 * that both daemons have the same store before; theirs would take most of an hour for it.
 * @param {{ full: boolean }} options
 */
export function scaleScenarios({ full }) {
  const all = [growing({ name: 'scale', sizes: [smallest, large] }), memory, start];
  return full ? [...all, growing({ name: 'million', sizes: [million], oursAlone: true })] : all;
}
