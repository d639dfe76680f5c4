// Rounds of several calls, again and again.
import { timesAsMany } from './goals.mjs';
import { base, callersText, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */

/**
 * @param {{ operation: string, title: string, callers: number, factor: number, quick?: boolean }} options
 * @returns {Scenario}
 */
export function rounds({ operation, title, callers, factor, quick = true }) {
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
    rows: [{ name, title: `${title}; ${callersText(callers)}`, goal: timesAsMany(factor) }],
    setUp: makeBase,
    warmUp: (run) => run.target.request(run.namespace, loop(run, 0.5)),
    measure: async (run) => ({ [name]: await run.target.measure(run.namespace, loop(run, 1)) }),
  };
}
