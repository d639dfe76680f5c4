// A store that is filled step by step, for all scenarios that ask how things are with many snapshots.
import { fill, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Run} Run */

/** Whose store is filled, whatever the scenario is called. */
export const namespace = 'scale';

/** How many snapshots each daemon has there. @type {WeakMap<object, number>} */
const grown = new WeakMap();

/** Fills it until it has so many. @param {Run} run @param {number} count */
export async function growTo(run, count) {
  const from = grown.get(run.target) ?? 0;
  if (from >= count) return;
  if (from === 0) await makeBase({ ...run, namespace });
  await fill({ ...run, namespace }, { prefix: 'known', from, to: count });
  grown.set(run.target, count);
  await run.target.settle();
}
