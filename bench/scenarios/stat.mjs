// What a snapshot is.
import { questions } from './questions.mjs';

/** See the head of this file. */
export const stat = [
  questions({ operation: 'stat', title: 'Stat', callers: 64 }),
  questions({ operation: 'stat', title: 'Stat', callers: 1, quick: false }),
  questions({
    name: 'stat-connections',
    operation: 'stat',
    title: 'Stat over ten connections',
    callers: 64,
    connections: 10,
    factor: 1.2,
  }),
];
