/** File systems that become larger while they are mounted, by requests to the kernel. */
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { stat, statfs, truncate } from 'node:fs/promises';
import { FailedPreconditionError, NotImplementedError } from '../../errors/index.js';
import { hasCapability } from '../calls/capabilities.js';
import { ioctl, ioctlLater } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { updateLoopSize, writableLoopDevices } from '../devices/loop-users.js';
import { temporaryMount } from '../mounts/temporary-mount.js';

/** The file systems whose size can be changed. */
export type ResizableType = 'ext2' | 'ext4' | 'xfs';

/** Requests of ioctl(2): include/uapi/linux/ext4.h, fs/xfs/libxfs/xfs_fs.h. */
const REQUEST = { EXT4_RESIZE: 0x40086610, XFS_GEOMETRY: 0x80705864, XFS_GROW: 0x4010586e } as const;

/** struct xfs_fsop_geom_v1, and struct xfs_growfs_data: 64 bits of blocks and 32 of how many percent inodes may take. */
const XFS = { GEOMETRY_SIZE: 112, BLOCK_SIZE: 0, INODE_PERCENT: 28, GROW_SIZE: 16, GROW_PERCENT: 8 } as const;

/** CAP_SYS_RESOURCE, which ext4 wants to be resized (fs/ext4/resize.c). */
const SYS_RESOURCE = 24;

/** Why this process cannot make a mounted file system of a type larger; undefined when it can. */
export function whyNotGrowable(type: ResizableType): string | undefined {
  if (type === 'xfs' || hasCapability(readFileSync('/proc/self/status', 'latin1'), SYS_RESOURCE)) return undefined;
  return `making a mounted ${type} larger takes CAP_SYS_RESOURCE, which this process does not have`;
}

/** Which mounted file system is to become how large, through a file. */
export interface GrowLoopFile {
  readonly type: ResizableType;
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

async function growExt(fd: number, point: string, size: number): Promise<void> {
  const { bsize } = await statfs(point);
  const blocks = Buffer.alloc(8);
  blocks.writeBigUInt64LE(BigInt(Math.floor(size / bsize)));
  await ioctlLater(fd, REQUEST.EXT4_RESIZE, blocks, 'EXT4_IOC_RESIZE_FS');
}

async function growXfs(fd: number, size: number): Promise<void> {
  const geometry = Buffer.alloc(XFS.GEOMETRY_SIZE);
  ioctl(fd, REQUEST.XFS_GEOMETRY, geometry, 'XFS_IOC_FSGEOMETRY_V1');
  const data = Buffer.alloc(XFS.GROW_SIZE);
  data.writeBigUInt64LE(BigInt(Math.floor(size / geometry.readUInt32LE(XFS.BLOCK_SIZE))));
  data.writeUInt32LE(geometry.readUInt32LE(XFS.INODE_PERCENT), XFS.GROW_PERCENT);
  await ioctlLater(fd, REQUEST.XFS_GROW, data, 'XFS_IOC_FSGROWFSDATA');
}

/** Which mounted file system is to become how large. */
export interface GrowFileSystem {
  readonly type: ResizableType;
  /** Where it is mounted, to be written to. */
  readonly point: string;
  /** Bytes; what it lies on has them already. */
  readonly size: number;
}

/**
 * Makes a mounted file system larger, while it is in use; does nothing when it has that size. Takes some milliseconds for
 * each GiB added. After a power cut it is complete or has not happened.
 * @throws NotImplementedError for a file system whose driver cannot, such as that of ext2.
 * @throws a system error, of a disk that is full for instance; the file system is whole.
 */
export async function growFileSystem({ type, point, size }: GrowFileSystem): Promise<void> {
  const fd = openSync(point, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await (type === 'xfs' ? growXfs(fd, size) : growExt(fd, point, size));
  } catch (error) {
    if (!hasErrno(error, 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP')) throw error;
    throw new NotImplementedError(`this kernel cannot make a mounted ${type} larger`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

/** Which file system on a block device is to become how large. */
export interface GrowMountedDevice {
  readonly type: ResizableType;
  readonly device: string;
  /** Bytes; the device has them already. */
  readonly size: number;
  /** A directory to mount in for a moment, since this process might not see the other mounts of the device. */
  readonly mountIn: string;
}

/** The same for what is mounted from a device, in whatever mount namespace. Throws as {@link growFileSystem}. */
export async function growMountedDevice({ type, device, size, mountIn }: GrowMountedDevice): Promise<void> {
  const options = type === 'xfs' ? ['nouuid', 'rw'] : ['rw'];
  await using mounted = await temporaryMount([{ type, source: device, target: '', options }], { directory: mountIn });
  await growFileSystem({ type, point: mounted.path, size });
}

/**
 * Makes a file larger that is attached to a loop device, and the device with it. What is mounted from the device keeps
 * its size.
 * @returns the device.
 * @throws FailedPreconditionError when it would become smaller, when what is mounted could not follow, and for a file
 * that is attached to no device or to several, which would not know of each other. Then nothing is done.
 */
export async function growLoopFile({ type, file, size }: GrowLoopFile): Promise<string> {
  const [device, other] = writableLoopDevices(file);
  if (device === undefined || other !== undefined) {
    const ways = device === undefined ? 'no loop device' : `${device} and ${other}`;
    throw new FailedPreconditionError(`it is attached to ${ways}: one is wanted`);
  }
  const before = (await stat(file)).size;
  requireGrowable({ type, device, before, size });
  if (size > before) await truncate(file, size);
  updateLoopSize(device);
  return device;
}

/** A change of the size of what is mounted. */
export interface GrowthOfMounted {
  readonly type: ResizableType;
  readonly device: string;
  readonly before: number;
  readonly size: number;
}

/** @throws FailedPreconditionError when what is mounted from a device cannot get a size. */
export function requireGrowable({ type, device, before, size }: GrowthOfMounted): void {
  if (size < before) {
    throw new FailedPreconditionError(
      `what is mounted, from ${device}, cannot be made smaller: it has ${before} bytes, and ${size} are wanted`,
    );
  }
  const reason = whyNotGrowable(type);
  if (reason !== undefined) throw new FailedPreconditionError(`it is mounted, from ${device}, and ${reason}`);
}
