// Quick calls while something slow goes on.
import { atMostOwn } from './goals.mjs';
import { base, freshPrefix, makeBase } from './scenario.mjs';

/** @typedef {import('../report/sample.mjs').Sample} Sample */

/**
 * Prepares while a large snapshot is worked on.
 * @param {{ event: 'commit' | 'remove', files: number, title: string, note: string }} options
 * @returns {import('./scenario.mjs').Scenario}
 */
export function beside({ event, files, title, note }) {
  const name = `prepare-beside-${event}`;
  return {
    name,
    rows: [{ name, title: `${title}; p99 of 8 callers`, goal: atMostOwn('p99', 2, 'its quiet p99'), note }],
    setUp: makeBase,
    async measure({ target, namespace, budget }) {
      const key = freshPrefix('large');
      await target.request(namespace, { action: 'layer', key, parent: base, files });
      await target.settle();
      const loop = {
        operation: 'prepare',
        callers: 8,
        seconds: budget.seconds,
        prefix: freshPrefix('s'),
        parent: base,
      };
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
