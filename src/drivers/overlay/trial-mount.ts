import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryMount } from '../../linux/index.js';
import { ensureDirectory, MODES } from './files.js';

/** The directory of the trial; containerd's name for it. */
const TRIAL = 'userxattr-check';

/**
 * Whether this kernel mounts overlay with `userxattr`, found out by doing it (containerd:
 * plugins/snapshots/overlay/overlayutils/check.go, NeedsUserXAttr). Nothing of the trial stays.
 */
export async function mountsWithUserXattr(root: string): Promise<boolean> {
  const trial = join(root, TRIAL);
  const [lower1, lower2, upper, work] = ['lower1', 'lower2', 'upper', 'work'].map((name) => join(trial, name));
  const options = ['ro', `lowerdir=${lower2}:${lower1}`, `upperdir=${upper}`, `workdir=${work}`, 'userxattr'];
  try {
    for (const name of ['lower1', 'lower2', 'upper', 'work', 'mnt']) ensureDirectory(join(trial, name), MODES.root);
    const mounts = [{ type: 'overlay', source: 'overlay', target: '', options }];
    await using _mounted = await temporaryMount(mounts, { directory: join(trial, 'mnt') });
    return true;
  } catch {
    // Whatever keeps the trial from working would keep a snapshot's mount from working.
    return false;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
