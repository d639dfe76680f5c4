import { NotImplementedError } from '../../errors/index.js';
import { needsIndexOff } from '../kit/overlay-needs.js';
import { canRemapIds } from './facts.js';
import type { ErofsSetup, ResolvedErofsOptions } from './options.js';

/**
 * Finds out what to do on this machine and root, which must exist. Takes some 50 ms, since mounting an image is tried.
 * @throws NotImplementedError when this machine lacks something: mkfs.erofs, erofs in the kernel, overlay on the file system
 * of the root, what options ask for.
 * @throws InvalidArgumentError where the configured options keep overlay from being mounted.
 * @throws PermissionDeniedError when this process may not mount.
 */
export async function probeErofs(options: ResolvedErofsOptions): Promise<ErofsSetup> {
  const { root, facts, setImmutable, defaultSize, mountOptions } = options;
  if (defaultSize > 0 && !facts.canMakeBlockImages) {
    throw new NotImplementedError('images to write into need mkfs.ext4 and loop devices');
  }
  if (setImmutable) await facts.triesImmutable(root);
  const verity = await canVerify(options);
  const { loop } = await facts.mountsImages(root);
  const needed = needsIndexOff(options) ? ['index=off'] : [];
  // Images to write into lie on no file system but their own.
  await facts.requireOverlay(root, { configured: mountOptions, needed, writable: defaultSize === 0 });
  const remapIds = await canRemapIds(facts, root);
  return Object.freeze({
    loop,
    verity,
    remapIds,
    overlayOptions: Object.freeze([...mountOptions, ...needed]),
    capabilities: Object.freeze(['only-remap-ids', ...(remapIds ? ['remap-ids'] : []), 'rebase']),
  });
}

/** @throws NotImplementedError when it is asked for, and the file system cannot. */
async function canVerify({ root, facts, fsverity }: ResolvedErofsOptions): Promise<boolean> {
  if (fsverity === false) return false;
  try {
    await facts.triesVerity(root);
    return true;
  } catch (error) {
    if (fsverity === true || !(error instanceof NotImplementedError)) throw error;
    return false;
  }
}
