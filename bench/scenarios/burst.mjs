// Many who come at the same moment.
import { atMost } from './goals.mjs';
import { base, freshPrefix, makeBase } from './scenario.mjs';

/** See the head of this file. @type {import('./scenario.mjs').Scenario} */
export const burst = {
  name: 'burst',
  quick: true,
  rows: [
    {
      name: 'burst',
      title: '1,000 Prepares at once, the last of them',
      goal: atMost('worst', 1 / 3, { text: 'at most a third' }),
    },
  ],
  setUp: makeBase,
  warmUp: ({ target, namespace }) =>
    target.request(namespace, { action: 'burst', callers: 200, prefix: freshPrefix('b'), parent: base }),
  async measure({ target, namespace }) {
    const command = { action: 'burst', callers: 1000, prefix: freshPrefix('b'), parent: base };
    return { burst: await target.measure(namespace, command) };
  },
};
