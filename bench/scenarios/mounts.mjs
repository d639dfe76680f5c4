// How a snapshot is mounted.
import { questions } from './questions.mjs';

/** See the head of this file. */
export const mounts = [
  questions({ operation: 'mounts', title: 'Mounts', callers: 64, quick: false }),
  questions({ operation: 'mounts', title: 'Mounts', callers: 1, quick: false }),
];
