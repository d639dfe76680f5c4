import { NotImplementedError } from '../../errors/index.js';
import type { Driver } from '../../snapshots/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { needsIndexOff, requireDirectoryTypes } from '../kit/overlay-needs.js';
import { ErofsDriver } from './driver.js';
import { canRemapIds } from './facts.js';
import { MODES, placesBelow } from './files.js';
import { type ErofsOptions, type ErofsSetup, type ResolvedErofsOptions, resolveErofsOptions } from './options.js';

/**
 * Opens a driver that packs each committed layer into an erofs image, read-only and in one file (containerd:
 * plugins/snapshots/erofs). What is written to lies in directories, or in an image of its own with a size limit. The
 * daemon itself mounts the layers, each once, so that clients get ordinary overlay mounts, whatever they know of images;
 * they must be in the same mount namespace.
 *
 * The root and what is missing in it are made. Takes some 50 ms, since mounting an image is tried.
 * @throws InvalidArgumentError for options that cannot work.
 * @throws NotImplementedError when this machine lacks something: mkfs.erofs, erofs in the kernel, what options ask for.
 * @throws PermissionDeniedError when this process may not mount.
 */
export async function openErofsDriver(options: ErofsOptions): Promise<Driver> {
  const resolved = resolveErofsOptions(options);
  ensureDirectory(resolved.root, MODES.root);
  requireDirectoryTypes(resolved.root, resolved.facts);
  ensureDirectory(placesBelow(resolved.root).snapshots, MODES.root);
  return new ErofsDriver(resolved, await probeErofs(resolved));
}

async function probeErofs(options: ResolvedErofsOptions): Promise<ErofsSetup> {
  const { root, facts, setImmutable, defaultSize, mountOptions } = options;
  if (defaultSize > 0 && !facts.canMakeBlockImages) {
    throw new NotImplementedError('images to write into need mkfs.ext4 and loop devices');
  }
  if (setImmutable) await facts.triesImmutable(root);
  const verity = await canVerify(options);
  const { loop } = await facts.mountsImages(root);
  const merges = await canMerge(options);
  const remapIds = await canRemapIds(facts, root);
  return Object.freeze({
    loop,
    verity,
    merges,
    remapIds,
    overlayOptions: Object.freeze([...mountOptions, ...(needsIndexOff(options) ? ['index=off'] : [])]),
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

/** Without it each layer is mounted by itself, which shows the same files. */
async function canMerge({ root, facts, maxUnmergedLayers, onBackgroundError }: ResolvedErofsOptions): Promise<boolean> {
  if (maxUnmergedLayers === 0) return false;
  try {
    await facts.triesMerging(root);
    return true;
  } catch (error) {
    onBackgroundError(error);
    return false;
  }
}
