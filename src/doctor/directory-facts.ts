/** Facts about the place of a directory: what its file system is, has room for, and can do. */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type MountEntry, mountOf, nearestDirectory, supportsDirectoryTypes } from '../linux/index.js';
import { kernelModules, kernelPart } from './machine-facts.js';

/** An amount and what is left of it; both zero when the file system has no limit. */
export interface Room {
  readonly total: number;
  readonly free: number;
}

/** What is known about a directory that may not be there yet. */
export interface DirectoryFacts {
  /** As it was asked for. */
  readonly path: string;
  /** The directory itself or, when it is missing, the nearest one above it. */
  readonly nearest: string;
  /** Whether this process can make entries in `nearest`. */
  readonly writable: boolean;
  readonly mount: MountEntry | undefined;
  /** In bytes, as far as others than root may use them. */
  readonly bytes: Room;
  readonly inodes: Room;
  /** Whether entries tell their types; undefined when it could not be tried. */
  readonly directoryTypes: boolean | undefined;
  /** Whether files can share their blocks; undefined when it could not be tried. */
  readonly reflink: boolean | undefined;
  /** Whether directories can be limited: they are, they could be by another mount option, or not at all. */
  readonly projectQuota: 'on' | 'off' | 'impossible';
}

const canReflink = (directory: string): boolean => {
  try {
    writeFileSync(join(directory, 'from'), 'reflink');
    copyFileSync(join(directory, 'from'), join(directory, 'to'), constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
};

/** Does something in a new directory below one, which is gone afterwards; undefined when it cannot be made. */
function within<T>(parent: string, look: (directory: string) => T): T | undefined {
  let directory: string;
  try {
    directory = mkdtempSync(join(parent, '.strata-probe-'));
  } catch {
    return undefined;
  }
  try {
    return look(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What tells that a kernel can count and limit by project, for each type of file system that has projects. */
const quotaSupport: Readonly<Record<string, () => boolean>> = {
  xfs: () => existsSync('/proc/fs/xfs/xqmstat'),
  ext4: () => kernelPart(existsSync('/sys/module/quota_v2'), 'quota_v2', kernelModules()) !== 'absent',
};

const QUOTA_OPTIONS = ['prjquota', 'pquota'];

function projectQuota(mount: MountEntry | undefined): DirectoryFacts['projectQuota'] {
  if (mount?.options.some((option) => QUOTA_OPTIONS.includes(option)) === true) return 'on';
  const support = quotaSupport[mount?.type ?? ''];
  return support?.() === true ? 'off' : 'impossible';
}

function rooms(path: string): Pick<DirectoryFacts, 'bytes' | 'inodes'> {
  const { bsize, blocks, bavail, files, ffree } = statfsSync(path);
  return { bytes: { total: blocks * bsize, free: bavail * bsize }, inodes: { total: files, free: ffree } };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds out what the file system of a directory can do, with files in a temporary directory there, which is deleted
 * afterwards. The directory itself is not made. Takes about a millisecond.
 * @throws a system error when the directory above cannot be read.
 */
export function directoryFacts(path: string): DirectoryFacts {
  const nearest = realpathSync(nearestDirectory(path));
  const mount = mountOf(nearest);
  const tried = within(nearest, (directory) => {
    const reflink = canReflink(directory);
    return { reflink, directoryTypes: supportsDirectoryTypes(directory) };
  });
  return {
    path,
    nearest,
    writable: isWritable(nearest),
    mount,
    ...rooms(nearest),
    directoryTypes: tried?.directoryTypes,
    reflink: tried?.reflink,
    projectQuota: projectQuota(mount),
  };
}
