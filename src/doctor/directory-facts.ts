/** Facts about the place of a directory: what its file system is, has room for, and can do. */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  readlinkSync,
  realpathSync,
  rmSync,
  type Stats,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileKind } from '../base/index.js';
import { systemErrorCode } from '../errors/index.js';
import { type MountEntry, mountOf, nearestDirectory, supportsDirectoryTypes } from '../linux/index.js';
import { triesSharingBlocks } from '../trees/index.js';
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
  /** Why it is no directory, and cannot become one: the sentence names what is in the way. */
  readonly obstacle: string | undefined;
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

/** What is in the way of a directory: the last thing on its path that is there, when it is none. */
function obstacleOf(path: string): string | undefined {
  const found = ifThere(() => lstatSync(path));
  if (found === undefined) return dirname(path) === path ? undefined : obstacleOf(dirname(path));
  if (!found.isSymbolicLink()) return found.isDirectory() ? undefined : `${path} is ${fileKind(found)}`;
  const target = ifThere(() => statSync(path));
  if (target === undefined) return `${path} is a symbolic link to ${readlinkSync(path)}, which leads nowhere`;
  return target.isDirectory() ? undefined : `${path} is a symbolic link to ${fileKind(target)}`;
}

/** Undefined where nothing is, also where this user may not look: what else is found out about the path says so. */
function ifThere(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
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
    const reflink = triesSharingBlocks(directory);
    return { reflink, directoryTypes: supportsDirectoryTypes(directory) };
  });
  return {
    path,
    obstacle: obstacleOf(path),
    nearest,
    writable: isWritable(nearest),
    mount,
    ...rooms(nearest),
    directoryTypes: tried?.directoryTypes,
    reflink: tried?.reflink,
    projectQuota: projectQuota(mount),
  };
}
