/** What a killed import and the test of it share. */
import { blockfileBackEnd, erofsBackEnd } from '../../tests/support/checked-back-ends.js';
import { type CheckedBackEnd, overlayBackEnd } from '../../tests/support/checked-root.js';

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
