import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { copyAttributes, type MountSpec, setTimes } from '../linux/index.js';
import { layersOfOverlay } from './mounted-trees.js';

/** Of a new snapshot and of what it is based on, the directories whose mode, owner and times overlay shows at the root. */
interface Roots {
  readonly upper: string;
  readonly below: string;
}

/** Undefined where a new snapshot is no overlay: then it is a copy, root and all. */
function rootsOf([mount]: readonly MountSpec[]): Roots | undefined {
  const layers = mount?.type === 'overlay' ? layersOfOverlay(mount) : undefined;
  const [below] = layers?.lowers ?? [];
  return layers?.upper === undefined || below === undefined ? undefined : { upper: layers.upper, below };
}

/**
 * Gives the root directory of an empty active snapshot the mode, owner, attributes and times of what it is based on: overlay
 * shows those of the upper directory alone (kernel: filesystems/overlayfs, "Upper and Lower").
 */
export async function inheritRoot(mounts: readonly MountSpec[]): Promise<void> {
  const roots = rootsOf(mounts);
  if (roots === undefined) return;
  const { upper, below } = roots;
  const { mode, uid, gid, atimeNs, mtimeNs } = await lstat(below, { bigint: true });
  copyAttributes(below, upper);
  await chown(upper, Number(uid), Number(gid));
  await chmod(upper, Number(mode) & 0o7777);
  setTimes(Buffer.from(upper), { atimeNs, mtimeNs });
}

/** Whether nothing was written to an active snapshot, as far as that can be told without reading it: false where it cannot. */
export async function isUntouched(mounts: readonly MountSpec[]): Promise<boolean> {
  const roots = rootsOf(mounts);
  if (roots === undefined) return false;
  if ((await readdir(roots.upper)).length > 0) return false;
  const [upper, below] = await Promise.all([roots.upper, roots.below].map((root) => lstat(root)));
  return upper?.mode === below?.mode && upper?.uid === below?.uid && upper?.gid === below?.gid;
}
