import { open } from 'node:fs/promises';
import { ioctlLater } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { mountTable } from '../mounts/mount-table.js';
import { GroupSync } from '../sync/group-sync.js';
import { findProgram, runProgram } from '../volumes/make-file-system.js';

/**
 * Puts everything that was written to a block device onto the disk, with the disk's own cache and, for one with a table
 * of its own such as a thin device, that table. What a mounted file system still holds back is not written to it yet.
 * @throws a system error, `EIO` for instance, when it could not be written.
 */
export async function syncDevice(path: string): Promise<void> {
  await using device = await open(path, 'r+');
  await device.sync();
}

/**
 * Writes out the file systems that are mounted from a block device and that this process sees: not those in other mount
 * namespaces.
 * @throws a system error when they could not be written.
 */
export async function syncMountsOf(path: string): Promise<void> {
  const mounts = mountTable();
  const mount = mounts.find(({ source }) => source === path);
  if (mount !== undefined) await new GroupSync(mount.point).sync();
}

/**
 * Tells a block device that nothing on it is needed any more, so that whatever is below can use the room (blkdiscard(8)).
 * @throws UnknownError with what the program said.
 */
export function discardBlocks(path: string): Promise<void> {
  return runProgram(findProgram('blkdiscard') ?? 'blkdiscard', [path]);
}

/** Tells a block device that a range is no longer needed (include/uapi/linux/fs.h). */
const BLKDISCARD = 0x1277;

/**
 * The same for the range between two offsets, in bytes, both multiples of 512. Does nothing where the device ignores such
 * hints.
 * @throws a system error.
 */
export async function discardTail(path: string, from: number, to: number): Promise<void> {
  await using device = await open(path, 'r+');
  const range = Buffer.alloc(16);
  range.writeBigUInt64LE(BigInt(from), 0);
  range.writeBigUInt64LE(BigInt(to - from), 8);
  try {
    await ioctlLater(device.fd, BLKDISCARD, range, 'BLKDISCARD');
  } catch (error) {
    if (!hasErrno(error, 'EOPNOTSUPP', 'ENOTSUP')) throw error;
  }
}
