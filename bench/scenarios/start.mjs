// How long a daemon that was killed is away.
import { below } from './goals.mjs';
import { growTo } from './large-store.mjs';

const snapshots = 100_000;
const limitMs = 500;

/** See the head of this file. @type {import('./scenario.mjs').Scenario} */
export const start = {
  name: 'start',
  kept: true,
  restarts: true,
  rows: [
    {
      name: 'start',
      title: `start with ${snapshots.toLocaleString('en')} snapshots after kill -9, until it answers`,
      goal: below('p50', limitMs, 'at most 0.5 s'),
    },
  ],
  setUp: (run) => growTo(run, snapshots),
  async measure({ target }) {
    await target.kill();
    const milliseconds = await target.start();
    return { start: { p50: milliseconds, worst: milliseconds } };
  },
};
