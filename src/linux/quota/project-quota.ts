/**
 * Project quota: limits for trees of files on xfs and ext4. Each inode carries the number of a project, which new entries
 * inherit from their directory; the file system counts and limits what each project takes (quotactl(2),
 * include/uapi/linux/fs.h, dqblk_xfs.h).
 */
import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import { libc } from '../calls/libc.js';
import { checked, ioctl } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { type MountEntry, mountOf } from '../mounts/mount-table.js';

const IOC = { FSGETXATTR: 0x801c581f, FSSETXATTR: 0x401c5820 } as const;

/** struct fsxattr, and the flag by which new entries get the project of their directory. */
const XATTR = { SIZE: 28, FLAGS: 0, PROJECT: 12, INHERIT: 0x200 } as const;

/** The number of quotactl_fd(2), Linux 5.14, on every architecture. */
const QUOTACTL_FD = 443;

/** Commands of quotactl(2) about projects; the generic ones of XFS, which ext4 answers as well. */
const PROJECT = 2;
const COMMAND = { SET_LIMITS: (0x5804 << 8) | PROJECT, GET: (0x5803 << 8) | PROJECT } as const;

/** struct fs_disk_quota; blocks are of 512 bytes, whatever the file system's are. */
const QUOTA = {
  SIZE: 112,
  VERSION: 0,
  FLAGS: 1,
  FIELDS: 2,
  ID: 4,
  BLOCKS_HARD: 8,
  INODES_HARD: 24,
  BLOCKS: 40,
  INODES: 48,
  BLOCK: 512,
} as const;
const QUOTA_VERSION = 1;
/** All four limits, soft and hard ones; a soft one of zero is none. */
const ALL_LIMITS = 0xf;

/** How much a project may take; what is absent is not limited. */
export interface ProjectLimits {
  readonly bytes?: number;
  readonly inodes?: number;
}

/** What a project takes. */
export interface ProjectUsage {
  /** Bytes in allocated blocks. */
  readonly size: number;
  readonly inodes: number;
}

/** Projects on one file system. All of it takes some ten microseconds. */
export interface ProjectQuota {
  /** The project of a directory; 0 for none. @throws a system error. */
  projectOf(directory: string): number;
  /** Puts a directory into a project, and what is made in it from now on; 0 takes it out. @throws a system error. */
  assign(directory: string, project: number): void;
  /** Limits a project, in the place of earlier limits. @throws a system error, `EPERM` without CAP_SYS_ADMIN. */
  limit(project: number, limits: ProjectLimits): void;
  /** What a project takes. @throws a system error. */
  usage(project: number): ProjectUsage;
}

/** Projects, or why there are none. */
export type ProjectQuotaState =
  | { readonly quota: ProjectQuota }
  | { readonly quota: undefined; readonly reason: string };

const ENFORCED = ['prjquota', 'pquota'];

const remedies: Readonly<Record<string, string>> = {
  xfs: 'mount it with the option "prjquota"',
  ext4: 'switch it on with "tune2fs -O project,quota -Q prjquota" while it is not mounted, and mount it with the option "prjquota"',
};

function obstacle(mount: MountEntry | undefined): string | undefined {
  const type = mount?.type ?? 'an unknown file system';
  const remedy = remedies[type];
  if (remedy === undefined) return `it lies on ${type}, which has no project quota; xfs and ext4 have`;
  if (mount?.options.some((option) => ENFORCED.includes(option)) === true) return undefined;
  return `project quota is off on the ${type} at ${mount?.point}; ${remedy}`;
}

/** The projects of the file system that a directory is on, or why its directories cannot be limited. */
export function projectQuota(directory: string): ProjectQuotaState {
  const reason = obstacle(mountOf(realpathSync(directory)));
  if (reason !== undefined) return { quota: undefined, reason };
  try {
    const quota = new KernelProjectQuota(directory);
    quota.usage(1);
    return { quota };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { quota: undefined, reason: `the kernel does not let quota be used: ${text}` };
  }
}

/** The project of a directory; 0 for none, and where the file system has no projects. @throws a system error. */
function projectOf(directory: string): number {
  try {
    return withDirectory(directory, (fd) => attributesOf(fd).readUInt32LE(XATTR.PROJECT));
  } catch (error) {
    if (hasErrno(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS')) return 0;
    throw error;
  }
}

function withDirectory<T>(path: string, work: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

class KernelProjectQuota implements ProjectQuota {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  projectOf(directory: string): number {
    return projectOf(directory);
  }

  assign(directory: string, project: number): void {
    withDirectory(directory, (fd) => {
      const attributes = attributesOf(fd);
      const flags = attributes.readUInt32LE(XATTR.FLAGS);
      const changed = project === 0 ? flags & ~XATTR.INHERIT : flags | XATTR.INHERIT;
      attributes.writeUInt32LE(changed >>> 0, XATTR.FLAGS);
      attributes.writeUInt32LE(project, XATTR.PROJECT);
      ioctl(fd, IOC.FSSETXATTR, attributes, 'FS_IOC_FSSETXATTR');
    });
  }

  limit(project: number, { bytes = 0, inodes = 0 }: ProjectLimits): void {
    const quota = Buffer.alloc(QUOTA.SIZE);
    quota.writeInt8(QUOTA_VERSION, QUOTA.VERSION);
    quota.writeInt8(PROJECT, QUOTA.FLAGS);
    quota.writeUInt16LE(ALL_LIMITS, QUOTA.FIELDS);
    quota.writeUInt32LE(project, QUOTA.ID);
    // Rounded down, so that nothing beyond the limit fits; zero would be no limit.
    const blocks = bytes === 0 ? 0 : Math.max(1, Math.floor(bytes / QUOTA.BLOCK));
    quota.writeBigUInt64LE(BigInt(blocks), QUOTA.BLOCKS_HARD);
    quota.writeBigUInt64LE(BigInt(inodes), QUOTA.INODES_HARD);
    this.#quotactl(COMMAND.SET_LIMITS, project, quota);
  }

  usage(project: number): ProjectUsage {
    const quota = Buffer.alloc(QUOTA.SIZE);
    try {
      this.#quotactl(COMMAND.GET, project, quota);
    } catch (error) {
      // xfs knows only projects that have or had something.
      if (hasErrno(error, 'ENOENT')) return { size: 0, inodes: 0 };
      throw error;
    }
    const blocks = Number(quota.readBigUInt64LE(QUOTA.BLOCKS));
    return { size: blocks * QUOTA.BLOCK, inodes: Number(quota.readBigUInt64LE(QUOTA.INODES)) };
  }

  #quotactl(command: number, project: number, quota: Buffer): void {
    withDirectory(this.#directory, (fd) => {
      const c = libc();
      const what = ['unsigned int', fd, 'unsigned int', command, 'unsigned int', project, 'void *', quota];
      checked(c.syscall(QUOTACTL_FD, ...what), c, { syscall: 'quotactl_fd', path: this.#directory });
    });
  }
}

function attributesOf(fd: number): Buffer {
  const attributes = Buffer.alloc(XATTR.SIZE);
  ioctl(fd, IOC.FSGETXATTR, attributes, 'FS_IOC_FSGETXATTR');
  return attributes;
}
