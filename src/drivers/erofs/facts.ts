import {
  findMkfs,
  hasLoopDevices,
  isAtLeast,
  type KernelVersion,
  kernelVersion,
  overlayHasIndex,
  supportsDirectoryTypes,
} from '../../linux/index.js';
import { mountsWithMappedIds, type OverlayQuestion, requireOverlay } from '../kit/trial-mount.js';
import { type ImageMounting, triesImage, triesImmutable, triesVerity } from './trial.js';

/** What the driver needs to know about its machine. */
export interface ErofsFacts {
  readonly kernel: KernelVersion;
  /** Whether overlay knows the option `index`. */
  readonly hasIndexOption: boolean;
  /** Whether an image to write into can be made and mounted. */
  readonly canMakeBlockImages: boolean;
  /** Whether the entries of a directory tell their types; undefined when it cannot be found out. */
  supportsDirectoryTypes(directory: string): boolean | undefined;
  /** How an image below a directory is mounted. @throws why it cannot be. */
  mountsImages(root: string): Promise<ImageMounting>;
  /** @throws why overlay cannot be mounted below a directory. */
  requireOverlay(root: string, question: OverlayQuestion): Promise<void>;
  /** Whether overlay can be mounted over layers with mapped ids; undefined when this process may not try. */
  mountsWithMappedIds(root: string): Promise<boolean | undefined>;
  /** @throws why files in a directory cannot be protected by fs-verity. */
  triesVerity(root: string): Promise<void>;
  /** @throws why files in a directory cannot be made immutable. */
  triesImmutable(root: string): Promise<void>;
}

/** The facts of this machine, except those that are given. */
export function resolveFacts(given: Partial<ErofsFacts>): ErofsFacts {
  return Object.freeze({
    kernel: kernelVersion(),
    hasIndexOption: overlayHasIndex(),
    canMakeBlockImages: findMkfs('ext4') !== undefined && hasLoopDevices(),
    supportsDirectoryTypes,
    mountsImages: triesImage,
    requireOverlay,
    mountsWithMappedIds,
    triesVerity,
    triesImmutable,
    ...given,
  });
}

/** Since when erofs and overlay can be mounted with mapped ids. */
const MAPPED_IDS = { major: 5, minor: 19 };

/** Whether snapshots can have their ids mapped by their mounts. */
export async function canRemapIds(facts: ErofsFacts, root: string): Promise<boolean> {
  if (!isAtLeast(facts.kernel, MAPPED_IDS)) return false;
  return (await facts.mountsWithMappedIds(root)) ?? true;
}
