import {
  fileSystemMagic,
  inUserNamespace,
  type KernelVersion,
  kernelVersion,
  overlayHasIndex,
  type ProjectQuotaState,
  projectQuota,
  supportsDirectoryTypes,
} from '../../linux/index.js';
import { triesSharingBlocks } from '../../trees/index.js';
import { withTrialDirectory } from '../kit/trial-directory.js';
import { mountsWithMappedIds, mountsWithUserXattr, type OverlayQuestion, requireOverlay } from '../kit/trial-mount.js';

/** What the driver needs to know about its machine. */
export interface OverlayFacts {
  readonly kernel: KernelVersion;
  readonly inUserNamespace: boolean;
  /** Whether overlay knows the option `index`. */
  readonly hasIndexOption: boolean;
  /** The type of the file system that a path lies on; see statfs(2). */
  fileSystemMagic(path: string): number;
  /** Whether the entries of a directory tell their types; undefined when it cannot be found out. */
  supportsDirectoryTypes(directory: string): boolean | undefined;
  /** @throws why overlay cannot be mounted below a directory. */
  requireOverlay(root: string, question: OverlayQuestion): Promise<void>;
  /** Whether a trial mount below a directory with the option `userxattr` succeeds. */
  mountsWithUserXattr(root: string): Promise<boolean>;
  /** Whether a trial mount over layers with mapped ids succeeds; undefined when this process may not try. */
  mountsWithMappedIds(root: string): Promise<boolean | undefined>;
  /** Whether a trial copy below a directory shares its blocks; undefined when it cannot be made. */
  sharesBlocks(root: string): Promise<boolean | undefined>;
  /** By what directories below a path can be limited, or why they cannot. */
  projectQuota(directory: string): ProjectQuotaState;
}

/** The facts of this machine, except those that are given. */
export function resolveFacts(given: Partial<OverlayFacts>): OverlayFacts {
  return Object.freeze({
    kernel: kernelVersion(),
    inUserNamespace: inUserNamespace(),
    hasIndexOption: overlayHasIndex(),
    fileSystemMagic,
    supportsDirectoryTypes,
    requireOverlay,
    mountsWithUserXattr,
    mountsWithMappedIds,
    sharesBlocks: (root: string) => withTrialDirectory(root, async (directory) => triesSharingBlocks(directory)),
    projectQuota,
    ...given,
  });
}
