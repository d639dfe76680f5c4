// Prepares beside the removal of a large snapshot.
import { beside } from './beside.mjs';

/** See the head of this file. */
export const besideRemoval = beside({
  event: 'remove',
  files: 100_000,
  title: 'Prepare while a 100,000-file snapshot is removed and cleaned up',
  note: 'While many files are deleted, and some seconds after it, the file system takes longer to find room for a directory: measured in the thread that makes them, 0.6 to 1.2 ms for the three of a snapshot instead of 0.13.',
});
