// What a call takes when there are many snapshots.
import { atMostOwn, noGoal } from './goals.mjs';
import { growTo, namespace } from './large-store.mjs';
import { base, freshPrefix } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */
/** @typedef {import('./scenario.mjs').Row} Row */
/** @typedef {import('../report/sample.mjs').Sample} Sample */

const operations = /** @type {const} */ ([
  { operation: 'prepare', title: 'Prepare' },
  { operation: 'stat', title: 'Stat' },
]);
const callers = 8;
const smallest = 1000;
const growth = 1.3;

/** @param {string} operation @param {number} count */
const rowName = (operation, count) => `${operation}-at-${count}`;

/** @param {readonly number[]} sizes @returns {Row[]} */
function rowsAt(sizes) {
  return operations.flatMap(({ operation, title }) =>
    sizes.map((count) => ({
      name: rowName(operation, count),
      title: `${title} at ${count.toLocaleString('en')} snapshots; ${callers} callers`,
      goal: count === smallest ? noGoal('mean') : atMostOwn('mean', growth, 'that at 1,000'),
    })),
  );
}

/**
 * @param {{ name: string, sizes: readonly number[], oursAlone?: boolean }} options
 * @returns {Scenario}
 */
function growing({ name, sizes, oursAlone = false }) {
  return {
    name,
    once: true,
    kept: true,
    rows: rowsAt(sizes),
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

/** See the head of this file. */
export const scale = growing({ name: 'scale', sizes: [smallest, 100_000] });

/** Ours alone: theirs would take most of an hour for it. */
export const million = growing({ name: 'million', sizes: [1_000_000], oursAlone: true });
