import { chmodSync, closeSync, constants, openSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeDirectoriesNow } from '../../base/index.js';
import { FailedPreconditionError, fromSystemError, systemErrorCode } from '../../errors/index.js';
import { BTRFS_MAGIC, fileSystemMagic, mountOf, nearestDirectory, quotaIsOn } from '../../linux/index.js';

/** The directories of subvolumes, by the kind of their snapshot; as containerd has them. */
export const PLACES = { active: 'active', view: 'view', committed: 'snapshots' } as const;

/** From where snapshots are mounted. */
export interface BtrfsPlace {
  /** The device of the file system. */
  readonly device: string;
  /** The path of the driver's root from the top of the file system, without the slash at the end. */
  readonly pathInside: string;
}

const ROOT_MODE = 0o700;

/**
 * Makes sure that a root is on a btrfs, and that it and the places in it are there. What is refused is left as it was.
 * @throws FailedPreconditionError when it is on another file system, in containerd's words, or without CAP_SYS_ADMIN.
 * @throws PermissionDeniedError when it cannot be made.
 */
export function prepareRoot(root: string): BtrfsPlace {
  try {
    const there = realpathSync(nearestDirectory(root));
    const type = fileSystemMagic(there) === BTRFS_MAGIC ? undefined : (mountOf(there)?.type ?? 'unknown');
    if (type !== undefined) {
      throw new FailedPreconditionError(
        `path ${root} (${type}) must be a btrfs filesystem to be used with the btrfs snapshotter`,
      );
    }
    requirePrivileges(there);
    for (const name of Object.values(PLACES)) makeDirectoriesNow(join(root, name), ROOT_MODE);
    chmodSync(root, ROOT_MODE);
    return placeOf(realpathSync(root));
  } catch (error) {
    throw fromSystemError(error, `failed to prepare ${root}`);
  }
}

/**
 * Makes sure that this process may look into the trees of the file system, as measuring and deleting do.
 * @throws FailedPreconditionError without CAP_SYS_ADMIN.
 */
function requirePrivileges(root: string): void {
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    quotaIsOn(fd);
  } catch (error) {
    if (systemErrorCode(error) !== 'EPERM') throw error;
    throw new FailedPreconditionError('the btrfs snapshotter needs CAP_SYS_ADMIN', { cause: error });
  } finally {
    closeSync(fd);
  }
}

function placeOf(root: string): BtrfsPlace {
  const mount = mountOf(root);
  if (mount?.type !== 'btrfs') throw new FailedPreconditionError(`cannot tell from which device ${root} is mounted`);
  return { device: mount.source, pathInside: join(mount.root, relative(mount.point, root)) };
}
