/** The back ends under which processes are killed: what the killed one and the test of it share. */
import { blockfileBackEnd, erofsBackEnd } from './checked-back-ends.js';
import { type CheckedBackEnd, overlayBackEnd } from './checked-root.js';
import { whyNoErofs } from './erofs-root.js';
import { whyNoLoopFileSystem } from './loop-file-system.js';

const backEnds: Readonly<Record<string, () => CheckedBackEnd>> = {
  overlayfs: overlayBackEnd,
  blockfile: blockfileBackEnd,
  erofs: erofsBackEnd,
};

/** A back end by its name. */
export function backEndOf(name: string): CheckedBackEnd {
  const open = backEnds[name];
  if (open === undefined) throw new Error(`no back end ${name}`);
  return open();
}

/** All of them, and why one cannot be tried here. */
export const killableBackEnds = [
  { name: 'overlayfs', skip: process.geteuid?.() !== 0 && 'needs root' },
  { name: 'blockfile', skip: whyNoLoopFileSystem('ext4') },
  { name: 'erofs', skip: whyNoErofs() },
];
