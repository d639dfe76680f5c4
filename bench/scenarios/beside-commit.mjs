// Prepares beside the commit of a large layer.
import { beside } from './beside.mjs';

/** See the head of this file. */
export const besideCommit = beside({
  event: 'commit',
  files: 200_000,
  title: 'Prepare while a 200,000-file layer is committed',
  note: 'A commit has its layer on disk before it is recorded, by one syncfs, and that writes all that was changed on the file system since the last time: on ext4 some three blocks for each directory, and three directories for each snapshot. A write to the log of the store that comes meanwhile has to be flushed from the cache of the disk, and all that was written before goes first: 40 ms instead of 0.3. A few such writes are more than one call in a hundred of the 0.6 s that the commit takes.',
});
