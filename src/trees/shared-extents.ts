/** Blocks that several files share after a reflink (FS_IOC_FIEMAP; Documentation/filesystems/fiemap.rst). */
import { closeSync, constants, copyFileSync, statfsSync, writeFileSync } from 'node:fs';
import { hasErrno, ioctl } from '../linux/index.js';
import { openForReading } from './copy/copy-file.js';

const FIEMAP = 0xc020660b;

/** struct fiemap with room for extents behind it, and struct fiemap_extent. */
const HEAD = { SIZE: 32, START: 0, LENGTH: 8, MAPPED: 20, COUNT: 24 } as const;
const EXTENT = { SIZE: 56, LOGICAL: 0, LENGTH: 16, FLAGS: 40 } as const;
const FLAG = { LAST: 0x1, SHARED: 0x2000 } as const;

/** Extents per call; most files have one. */
const BATCH = 128;

/** Magic numbers of the file systems with reflinks: btrfs, xfs, bcachefs. */
const SHARING = [0x9123683e, 0x58465342, 0xca451a4e];

/** Whether files on the file system of a path can share blocks, as far as its type tells. */
export function canShareBlocks(path: string): boolean {
  return SHARING.includes(statfsSync(path).type >>> 0);
}

/** Whether files in an empty directory can share blocks, found out by copying one. Both are left there. */
export function triesSharingBlocks(directory: string): boolean {
  try {
    writeFileSync(`${directory}/from`, 'reflink');
    copyFileSync(`${directory}/from`, `${directory}/to`, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  }
}

/**
 * How many bytes of a regular file lie on blocks that it shares with other files. Takes some microseconds. 0 where the
 * file system does not tell.
 * @throws a system error, ENOENT when there is no such file.
 */
export function sharedBytes(path: Buffer): number {
  const fd = openForReading(path);
  try {
    return sumOfShared(fd);
  } catch (error) {
    if (hasErrno(error, 'EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EBADR')) return 0;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function sumOfShared(fd: number): number {
  const map = Buffer.alloc(HEAD.SIZE + BATCH * EXTENT.SIZE);
  let sum = 0n;
  for (let start = 0n; ; ) {
    map.fill(0, 0, HEAD.SIZE);
    map.writeBigUInt64LE(start, HEAD.START);
    map.writeBigUInt64LE(2n ** 64n - 1n - start, HEAD.LENGTH);
    map.writeUInt32LE(BATCH, HEAD.COUNT);
    ioctl(fd, FIEMAP, map, 'FS_IOC_FIEMAP');
    const extents = extentsOf(map);
    for (const { length, flags } of extents) if ((flags & FLAG.SHARED) !== 0) sum += length;
    const last = extents.at(-1);
    if (last === undefined || (last.flags & FLAG.LAST) !== 0) return Number(sum);
    start = last.end;
  }
}

interface Extent {
  readonly end: bigint;
  readonly length: bigint;
  readonly flags: number;
}

function extentsOf(map: Buffer): Extent[] {
  return Array.from({ length: map.readUInt32LE(HEAD.MAPPED) }, (_, index) => {
    const at = HEAD.SIZE + index * EXTENT.SIZE;
    const length = map.readBigUInt64LE(at + EXTENT.LENGTH);
    const end = map.readBigUInt64LE(at + EXTENT.LOGICAL) + length;
    return { end, length, flags: map.readUInt32LE(at + EXTENT.FLAGS) };
  });
}
