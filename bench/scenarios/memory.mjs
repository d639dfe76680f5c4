// What the daemon has of memory when all that came before has been done with it.
import { atMost } from './goals.mjs';

/** See the head of this file. @type {import('./scenario.mjs').Scenario} */
export const memory = {
  name: 'memory',
  once: true,
  rows: [{ name: 'memory', title: 'resident memory after all that', goal: atMost('memory', 1.5) }],
  async measure({ target }) {
    await target.settle();
    const { resident, anonymous } = target.memory();
    return { memory: { memory: resident, anonymous } };
  },
};
