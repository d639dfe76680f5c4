// Lists of many snapshots, of all and of one in a hundred.
import { timesAsMany } from './goals.mjs';
import { fill, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */

const groups = 100;

/**
 * @param {{ quick: boolean }} options A smaller store for `--quick`.
 * @returns {Scenario}
 */
export function list({ quick }) {
  const count = quick ? 2000 : 10_000;
  const text = count.toLocaleString('en');
  const rows = /** @type {const} */ ([
    { name: 'list', title: `List of ${text}`, goal: timesAsMany(1), filters: [], expect: count + 1 },
    {
      name: 'list-filtered',
      title: `List of ${text} with a label filter that matches 1 %`,
      goal: timesAsMany(10),
      filters: ['labels.group==g7'],
      expect: count / groups,
    },
  ]);
  /** @param {Run} run @param {typeof rows[number]} row @param {number} share */
  const ask = ({ target, namespace, budget }, { filters, expect }, share) => {
    const seconds = budget.seconds * share;
    return target.measure(namespace, { action: 'loop', operation: 'list', callers: 1, seconds, filters, expect });
  };
  return {
    name: 'list',
    quick: true,
    rows,
    async setUp(run) {
      await makeBase(run);
      await fill(run, { prefix: 'listed', to: count, groups });
    },
    async warmUp(run) {
      for (const row of rows) await ask(run, row, 0.3);
    },
    async measure(run) {
      /** @type {Record<string, import('../report/sample.mjs').Sample>} */
      const samples = {};
      for (const row of rows) samples[row.name] = await ask(run, row, 1);
      return samples;
    },
  };
}
