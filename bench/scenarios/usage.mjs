// Measuring a large snapshot, and those who ask something meanwhile.
import { atMost, below } from './goals.mjs';
import { base, fill, makeBase } from './scenario.mjs';

/** @typedef {import('./scenario.mjs').Run} Run */
/** @typedef {import('../report/sample.mjs').Sample} Sample */

const files = 100_000;
const limitMs = 20;

/** See the head of this file. @type {import('./scenario.mjs').Scenario} */
export const usage = {
  name: 'usage',
  rows: [
    { name: 'usage', title: 'Usage of a 100,000-file active snapshot', goal: atMost('p50', 1) },
    {
      name: 'usage-stat',
      title: 'Stat from another connection meanwhile, the slowest',
      goal: below('worst', limitMs, `at most ${limitMs} ms`),
    },
  ],
  async setUp(run) {
    await makeBase(run);
    await fill(run, { prefix: 'known', to: 100 });
    await run.target.request(run.namespace, { action: 'layer', key: 'large', parent: base, files });
  },
  warmUp: (run) => ask(run, 0.1),
  async measure(run) {
    const result = await ask(run, 1);
    return { usage: /** @type {Sample} */ (result['usage']), 'usage-stat': /** @type {Sample} */ (result['stat']) };
  },
};

/** @param {Run} run @param {number} share */
function ask({ target, namespace, budget }, share) {
  const seconds = budget.seconds * share;
  return target.request(namespace, { action: 'usage', key: 'large', seconds, prefix: 'known', keys: 100 });
}
