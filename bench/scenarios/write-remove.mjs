// Snapshots that are mounted, written to, and taken away.
import { rounds } from './rounds.mjs';

const what = { operation: 'write-remove', title: 'Prepare, mount, write a file, unmount, Remove' };

/** See the head of this file. */
export const writeRemove = [
  rounds({ ...what, callers: 64, factor: 3.5 }),
  rounds({ ...what, callers: 8, factor: 2.2, quick: false }),
  rounds({ ...what, callers: 1, factor: 1.2 }),
];
