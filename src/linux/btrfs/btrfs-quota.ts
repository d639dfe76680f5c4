/**
 * Quota groups of btrfs (include/uapi/linux/btrfs.h): each subvolume has one of its own, with the same number. Where a
 * limit is set, all writes beyond it fail with EDQUOT, however the subvolume is mounted and whoever writes.
 */

import { ioctl } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { ITEM, searchTree, TREE } from './btrfs-search.js';

const IOC = { QGROUP_CREATE: 0x4010942a, QGROUP_LIMIT: 0x8030942b } as const;

/** struct btrfs_ioctl_qgroup_limit_args. */
const LIMIT = { SIZE: 48, GROUP: 0, FLAGS: 8, MAX_EXCLUSIVE: 24, EXCLUSIVE: 2n, NONE: 2n ** 64n - 1n } as const;

/** struct btrfs_ioctl_qgroup_create_args. */
const CREATE = { SIZE: 16, CREATE: 0, GROUP: 8 } as const;

/** Offset of the flags in struct btrfs_qgroup_status_item, and the flag that says that quota is on. */
const STATUS = { FLAGS: 16, ON: 1n } as const;

/** Whether a file system counts and limits what subvolumes take. @param fd Any file of it. */
export function quotaIsOn(fd: number): boolean {
  const key = { object: 0n, type: ITEM.QGROUP_STATUS, offset: 0n };
  try {
    for (const { buffer, start } of searchTree(fd, { tree: TREE.QUOTA, from: key, to: key })) {
      return (buffer.readBigUInt64LE(start + STATUS.FLAGS) & STATUS.ON) !== 0n;
    }
    return false;
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/**
 * Limits the bytes that only this subvolume holds, data and metadata, in the place of an earlier limit.
 * @param bytes undefined for no limit.
 * @throws a system error, `ENOTCONN` or `EINVAL` when quota is off.
 */
export function limitExclusive(fd: number, id: bigint, bytes: number | undefined): void {
  const args = Buffer.alloc(LIMIT.SIZE);
  args.writeBigUInt64LE(id, LIMIT.GROUP);
  args.writeBigUInt64LE(LIMIT.EXCLUSIVE, LIMIT.FLAGS);
  args.writeBigUInt64LE(bytes === undefined ? LIMIT.NONE : BigInt(bytes), LIMIT.MAX_EXCLUSIVE);
  ioctl(fd, IOC.QGROUP_LIMIT, args, 'BTRFS_IOC_QGROUP_LIMIT');
}

/**
 * Forgets the group of a subvolume that was deleted. Kernels since 6.10 refuse while its space is being freed, and then
 * do it themselves; without quota there is nothing to forget.
 */
export function forgetGroup(fd: number, id: bigint): void {
  const args = Buffer.alloc(CREATE.SIZE);
  args.writeBigUInt64LE(0n, CREATE.CREATE);
  args.writeBigUInt64LE(id, CREATE.GROUP);
  try {
    ioctl(fd, IOC.QGROUP_CREATE, args, 'BTRFS_IOC_QGROUP_CREATE');
  } catch (error) {
    if (!hasErrno(error, 'EBUSY', 'ENOENT', 'ENOTCONN', 'EINVAL')) throw error;
  }
}
