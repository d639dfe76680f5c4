/**
 * Subvolumes of btrfs and their snapshots (include/uapi/linux/btrfs.h). What waits for a transaction of the file system
 * runs in a thread of Node's pool: several at the same time share one.
 */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { constants as system } from 'node:os';
import { clearProtection } from '../calls/file-flags.js';
import { libc } from '../calls/libc.js';
import { checked, ioctl, ioctlLater } from '../calls/sys.js';
import { hasErrno, systemCallError } from '../calls/system-error.js';
import { pathOfDescriptor } from '../calls/tree-paths.js';
import { ITEM, LAST, searchTree, TREE } from './btrfs-search.js';

const IOC = {
  SUBVOL_CREATE: 0x5000940e,
  SNAP_CREATE_V2: 0x50009417,
  SUBVOL_GETFLAGS: 0x80089419,
  SUBVOL_SETFLAGS: 0x4008941a,
  GET_SUBVOL_INFO: 0x81f8943c,
  SNAP_DESTROY_V2: 0x5000943f,
} as const;

/** struct btrfs_ioctl_vol_args, and the second version of it. */
const ARGS = { SIZE: 4096, FD: 0, NAME: 8, FLAGS_V2: 16, NAME_V2: 56, ID_V2: 56 } as const;
const FLAGS_SIZE = 8;
const FLAG = { READ_ONLY: 2n, BY_ID: 16n } as const;

/** struct btrfs_ioctl_get_subvol_info_args. */
const INFO = { SIZE: 504, ID: 0, FLAGS: 288, UUID: 296, PARENT_UUID: 312, UUID_SIZE: 16, MADE_IN: 352 } as const;
const ROOT_READ_ONLY = 1n;

/** struct btrfs_root_ref, behind which the name is. */
const ROOT_REF = { DIRECTORY: 0, NAME: 18 } as const;

/** The inode number of the top directory of every subvolume. */
const TOP_INODE = 256;

/** The magic number of btrfs in statfs(2); include/uapi/linux/magic.h. */
export const BTRFS_MAGIC = 0x9123683e;

/** What the kernel knows about a subvolume. */
export interface SubvolumeInfo {
  readonly id: bigint;
  readonly readOnly: boolean;
  /** The transaction in which it was made. */
  readonly madeIn: bigint;
  /** Whether it was made of another one. */
  readonly isSnapshot: boolean;
  /** In hexadecimal digits. */
  readonly uuid: string;
  /** That of the one that it was made of, which may be gone; zeros when there is none. */
  readonly parentUuid: string;
}

/** A subvolume inside another. */
export interface NestedSubvolume {
  readonly id: bigint;
  /** The last part of its path. */
  readonly name: string;
  /** The inode number of the directory that it is in. */
  readonly directory: bigint;
}

function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function writeName(args: Buffer, name: string, offset: number): void {
  if (args.write(name, offset) !== Buffer.byteLength(name)) throw new RangeError(`The name ${name} is too long`);
}

/** Makes an empty subvolume of this name in a directory. @throws a system error, `EEXIST` when the name is taken. */
export async function createSubvolume(directory: string, name: string): Promise<void> {
  const args = Buffer.alloc(ARGS.SIZE);
  writeName(args, name, ARGS.NAME);
  const fd = openDirectory(directory);
  try {
    await ioctlLater(fd, IOC.SUBVOL_CREATE, args, 'BTRFS_IOC_SUBVOL_CREATE');
  } finally {
    closeSync(fd);
  }
}

/** What to make a snapshot of, and where. */
export interface SnapshotRequest {
  /** The path of a subvolume. */
  readonly source: string;
  readonly directory: string;
  readonly name: string;
  /** Whether nobody can write to it. Default false. */
  readonly readOnly?: boolean;
}

/**
 * Makes a snapshot of a subvolume: the same files, sharing all data until one of the two is written. Takes as long for a
 * large one as for a small one. Everything written to the subvolume before is in it, and on disk when it resolves. Subvolumes
 * inside become empty directories.
 * @throws a system error, `EEXIST` when the name is taken.
 */
export async function snapshotSubvolume({ source, directory, name, readOnly = false }: SnapshotRequest): Promise<void> {
  const args = Buffer.alloc(ARGS.SIZE);
  const from = openDirectory(source);
  try {
    requireTop(from, source);
    args.writeBigInt64LE(BigInt(from), ARGS.FD);
    args.writeBigUInt64LE(readOnly ? FLAG.READ_ONLY : 0n, ARGS.FLAGS_V2);
    writeName(args, name, ARGS.NAME_V2);
    const to = openDirectory(directory);
    try {
      await ioctlLater(to, IOC.SNAP_CREATE_V2, args, 'BTRFS_IOC_SNAP_CREATE_V2');
    } finally {
      closeSync(to);
    }
  } finally {
    closeSync(from);
  }
}

function isTop(fd: number): boolean {
  const stats = fstatSync(fd);
  return stats.isDirectory() && stats.ino === TOP_INODE;
}

function requireTop(fd: number, path: string): void {
  if (!isTop(fd)) throw systemCallError('open a subvolume', system.errno.EINVAL, path);
}

/** Whether a path is the top directory of a subvolume. @throws a system error when there is nothing. */
export function isSubvolume(path: string): boolean {
  let fd: number;
  try {
    fd = openDirectory(path);
  } catch (error) {
    if (hasErrno(error, 'ENOTDIR', 'ELOOP')) return false;
    throw error;
  }
  try {
    return isTop(fd);
  } finally {
    closeSync(fd);
  }
}

/** About the subvolume that an open file is in. */
export function subvolumeInfo(fd: number): SubvolumeInfo {
  const info = Buffer.alloc(INFO.SIZE);
  ioctl(fd, IOC.GET_SUBVOL_INFO, info, 'BTRFS_IOC_GET_SUBVOL_INFO');
  const parent = uuidAt(info, INFO.PARENT_UUID);
  return {
    id: info.readBigUInt64LE(INFO.ID),
    readOnly: (info.readBigUInt64LE(INFO.FLAGS) & ROOT_READ_ONLY) !== 0n,
    madeIn: info.readBigUInt64LE(INFO.MADE_IN),
    isSnapshot: /[^0]/.test(parent),
    uuid: uuidAt(info, INFO.UUID),
    parentUuid: parent,
  };
}

function uuidAt(info: Buffer, offset: number): string {
  return info.toString('hex', offset, offset + INFO.UUID_SIZE);
}

/** Does something with an open subvolume. @throws a system error, `ENOENT` when it is gone, `EINVAL` when it is none. */
export async function withSubvolume<T>(
  path: string,
  work: (fd: number, info: SubvolumeInfo) => T,
): Promise<Awaited<T>> {
  const fd = openDirectory(path);
  try {
    requireTop(fd, path);
    return await work(fd, subvolumeInfo(fd));
  } finally {
    closeSync(fd);
  }
}

/** The same without waiting for anything. Throws as {@link withSubvolume}. */
export function withSubvolumeNow<T>(path: string, work: (fd: number) => T): T {
  const fd = openDirectory(path);
  try {
    requireTop(fd, path);
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a subvolume read-only, however it is mounted, or writable again. */
export function setReadOnly(fd: number, readOnly: boolean): void {
  const flags = Buffer.alloc(FLAGS_SIZE);
  ioctl(fd, IOC.SUBVOL_GETFLAGS, flags, 'BTRFS_IOC_SUBVOL_GETFLAGS');
  const before = flags.readBigUInt64LE();
  const after = readOnly ? before | FLAG.READ_ONLY : before & ~FLAG.READ_ONLY;
  if (after === before) return;
  flags.writeBigUInt64LE(after);
  ioctl(fd, IOC.SUBVOL_SETFLAGS, flags, 'BTRFS_IOC_SUBVOL_SETFLAGS');
}

/** The subvolumes that lie in a subvolume, those inside them not included. @param fd Any file of the file system. */
export function nestedSubvolumes(fd: number, id: bigint): NestedSubvolume[] {
  const search = {
    tree: TREE.ROOTS,
    from: { object: id, type: ITEM.ROOT_REF, offset: 0n },
    to: { object: id, type: ITEM.ROOT_REF, offset: LAST },
  };
  const found: NestedSubvolume[] = [];
  for (const { offset, buffer, start, length } of searchTree(fd, search)) {
    const name = buffer.toString('utf8', start + ROOT_REF.NAME, start + length);
    found.push({ id: offset, name, directory: buffer.readBigUInt64LE(start + ROOT_REF.DIRECTORY) });
  }
  return found;
}

/** struct file_handle with what btrfs puts into it (fs/btrfs/export.h). */
const HANDLE = { SIZE: 28, LENGTH: 20, TYPE_AT: 4, TYPE: 0x4d, OBJECT: 8, ROOT: 16, GENERATION: 24 } as const;

/** The generation of a directory in a subvolume: the first field of its inode. */
function generationOf(fd: number, id: bigint, inode: bigint): bigint | undefined {
  const key = { object: inode, type: ITEM.INODE, offset: 0n };
  for (const { buffer, start } of searchTree(fd, { tree: id, from: key, to: key }))
    return buffer.readBigUInt64LE(start);
  return undefined;
}

/** Opens a directory of a subvolume by their numbers, wherever it is; undefined when it is gone. */
function openById(fd: number, id: bigint, inode = BigInt(TOP_INODE)): number | undefined {
  try {
    const generation = generationOf(fd, id, inode);
    if (generation === undefined) return undefined;
    const handle = Buffer.alloc(HANDLE.SIZE);
    handle.writeUInt32LE(HANDLE.LENGTH, 0);
    handle.writeInt32LE(HANDLE.TYPE, HANDLE.TYPE_AT);
    handle.writeBigUInt64LE(inode, HANDLE.OBJECT);
    handle.writeBigUInt64LE(id, HANDLE.ROOT);
    handle.writeUInt32LE(Number(generation & 0xffff_ffffn), HANDLE.GENERATION);
    const c = libc();
    const opened = c.openByHandle(fd, handle, constants.O_RDONLY | constants.O_DIRECTORY);
    return checked(opened, c, { syscall: 'open_by_handle_at' });
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ESTALE')) return undefined;
    throw error;
  }
}

/** Makes sure that what lies in a subvolume can be deleted, whatever its owner did to it. */
function makeWritable(fd: number, id: bigint): void {
  withDirectory(openById(fd, id), (opened) => setReadOnly(opened, false));
}

function withDirectory(opened: number | undefined, use: (opened: number) => void): void {
  if (opened === undefined) return;
  try {
    use(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * Makes the subvolume of an open directory writable, when that is its top directory.
 * @returns whether it was read-only, and is not now; false as well for what is no subvolume.
 */
export function makeSubvolumeWritable(fd: number): boolean {
  try {
    if (!isTop(fd) || !subvolumeInfo(fd).readOnly) return false;
    setReadOnly(fd, false);
    return true;
  } catch {
    // Another file system, or not allowed: whoever could not delete something has an error that says more.
    return false;
  }
}

/** Takes off what chattr(1) keeps a subvolume with, and the directories in it that hold others. */
function unprotect(fd: number, id: bigint): void {
  const directories = nestedSubvolumes(fd, id).map(({ directory }) => directory);
  for (const inode of new Set([BigInt(TOP_INODE), ...directories])) {
    withDirectory(openById(fd, id, inode), (opened) => {
      if (inode === BigInt(TOP_INODE)) setReadOnly(opened, false);
      clearProtection(`${pathOfDescriptor(opened)}/.`);
    });
  }
}

/** A subvolume and all that lie in it, at any depth, each after those inside it; all that hold others are writable. */
function withNested(fd: number, id: bigint): bigint[] {
  const found = [id];
  // Grows while it is walked; what is found later lies deeper.
  for (const each of found) {
    const nested = nestedSubvolumes(fd, each);
    if (nested.length > 0) makeWritable(fd, each);
    found.push(...nested.map((one) => one.id));
  }
  return found.reverse();
}

/** How often to look again for what running processes still put into a subvolume. */
const MAX_PASSES = 20;

/**
 * Deletes a subvolume with all that lie in it, by number, so that no path that somebody changes is followed; read-only ones
 * and those that chattr(1) protects, too. The kernel frees the space in the background. Does nothing for what is gone.
 * @param fd A directory of the file system, outside. @returns the numbers of those that are gone.
 * @throws a system error, such as `EPERM` when one is what the file system shows by default.
 */
export async function deleteSubvolumes(fd: number, id: bigint): Promise<readonly bigint[]> {
  const deleted = new Set<bigint>();
  let isProtected = false;
  for (let pass = 1; ; pass += 1) {
    const found = withNested(fd, id);
    if (isProtected) for (const each of found) unprotect(fd, each);
    try {
      await deleteEach(fd, found, deleted);
      return [...deleted];
    } catch (error) {
      const again = hasErrno(error, 'ENOTEMPTY') || (hasErrno(error, 'EPERM') && !isProtected);
      if (!again || pass >= MAX_PASSES) throw error;
      isProtected = hasErrno(error, 'EPERM');
    }
  }
}

async function deleteEach(fd: number, ids: readonly bigint[], deleted: Set<bigint>): Promise<void> {
  for (const each of ids) {
    await deleteSubvolume(fd, each);
    deleted.add(each);
  }
}

async function deleteSubvolume(fd: number, id: bigint): Promise<void> {
  const args = Buffer.alloc(ARGS.SIZE);
  args.writeBigUInt64LE(FLAG.BY_ID, ARGS.FLAGS_V2);
  args.writeBigUInt64LE(id, ARGS.ID_V2);
  try {
    await ioctlLater(fd, IOC.SNAP_DESTROY_V2, args, 'BTRFS_IOC_SNAP_DESTROY_V2');
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}
