// Small questions about one snapshot each.
import { timesAsMany } from './goals.mjs';
import { callersText, fill, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Scenario} Scenario */
/** @typedef {import('./scenario.mjs').Run} Run */

const known = 1000;

/**
 * @param {{ name?: string, operation: string, title: string, callers: number, connections?: number, factor?: number, quick?: boolean }} options
 * @returns {Scenario}
 */
export function questions({
  operation,
  title,
  callers,
  connections = 1,
  factor = 1,
  quick = true,
  name = `${operation}-${callers}`,
}) {
  /** @param {Run} run @param {number} share */
  const loop = (run, share) => {
    const seconds = run.budget.seconds * share;
    return { action: 'loop', operation, callers, connections, seconds, prefix: 'known', keys: known };
  };
  return {
    name,
    quick,
    rows: [{ name, title: `${title}; ${callersText(callers)}`, goal: timesAsMany(factor) }],
    async setUp(run) {
      await makeBase(run);
      await fill(run, { prefix: 'known', to: known });
    },
    warmUp: (run) => run.target.request(run.namespace, loop(run, 0.5)),
    measure: async (run) => ({ [name]: await run.target.measure(run.namespace, loop(run, 1)) }),
  };
}
