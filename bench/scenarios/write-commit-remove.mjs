// Layers that are made, file by file, and taken away: ours are on disk when a Commit is answered, theirs are not.
import { rounds } from './rounds.mjs';

const what = { operation: 'write-commit-remove', title: 'Prepare, mount, write 10 files, unmount, Commit, Remove' };

/** See the head of this file. */
export const writeCommitRemove = [
  rounds({ ...what, callers: 64, factor: 3.5 }),
  rounds({ ...what, callers: 1, factor: 1.25, quick: false }),
];
