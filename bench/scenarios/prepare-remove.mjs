// What calls cost by themselves: nothing is mounted, so that the kernel has little to do.
import { rounds } from './rounds.mjs';

const what = { operation: 'prepare-remove', title: 'Prepare + Remove (call overhead, nothing mounted)' };

/** See the head of this file. */
export const prepareRemove = [
  rounds({ ...what, callers: 64, factor: 5 }),
  rounds({ ...what, callers: 8, factor: 3, quick: false }),
  rounds({ ...what, callers: 1, factor: 1.5, quick: false }),
];
