/** Whether a file holds the expected file system, judged by its superblock. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { UnknownError } from '../../errors/index.js';
import { crc32c } from './crc32c.js';

/** File systems whose superblocks are known here. */
export type ImageType = 'ext4' | 'xfs' | 'erofs';

/** How to look at an image. */
export interface ImageQuestion {
  readonly type: ImageType;
  /** Whether somebody may be writing to it right now, so that its checksum need not fit. Default false. */
  readonly inUse?: boolean;
}

/** What a superblock says. */
interface Superblock {
  /** Bytes that the file system takes. */
  readonly size: bigint;
  /** Whether its checksum fits; true where it has none. */
  readonly intact: boolean;
}

/** The largest block of erofs ends here, and everything that is looked at before. */
const LOOKED_AT = 65_536;

/**
 * What is wrong with an image: another file system, a checksum that does not fit, an end that is missing. undefined when
 * nothing is. Reads the first 64 KiB, some hundred microseconds.
 * @throws a system error when it cannot be read.
 */
export function imageProblem(path: string, { type, inUse = false }: ImageQuestion): string | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const superblock = readers[type](readStart(fd));
    if (superblock === undefined) return `it holds no ${type}`;
    if (!superblock.intact && !inUse) return 'the checksum of its superblock is wrong';
    const { size } = fstatSync(fd);
    return BigInt(size) < superblock.size ? `it has ${size} bytes of ${superblock.size}` : undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * How many bytes a file system says it has, as it lies in a file or on a block device. One that is mounted may have more
 * by then: what is in a journal does not count.
 * @throws UnknownError when there is no such file system; a system error when it cannot be read.
 */
export function fileSystemSize(path: string, type: ImageType): number {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    const superblock = readers[type](readStart(fd));
    if (superblock === undefined) throw new UnknownError(`${path} holds no ${type}`);
    return Number(superblock.size);
  } finally {
    closeSync(fd);
  }
}

function readStart(fd: number): Buffer {
  const start = Buffer.alloc(LOOKED_AT);
  readSync(fd, start, 0, LOOKED_AT, 0);
  return start;
}

const readers: Readonly<Record<ImageType, (start: Buffer) => Superblock | undefined>> = {
  ext4: readExt4,
  xfs: readXfs,
  erofs: readErofs,
};

const ALL_ONES = 0xffff_ffff;

/** struct ext4_super_block (fs/ext4/ext4.h), which ext2 has as well. */
const EXT4 = { AT: 1024, SIZE: 1024, MAGIC: 0x38, VALUE: 0xef53, BLOCKS: 0x04, LOG: 0x18, HIGH: 0x150 } as const;
const EXT4_FEATURES = { INCOMPATIBLE: 0x60, IS_64BIT: 0x80, READ_ONLY: 0x64, CHECKSUM: 0x400, CHECKSUM_AT: 0x3fc };
const EXT4_SMALLEST_BLOCK = 1024n;

function readExt4(start: Buffer): Superblock | undefined {
  const block = start.subarray(EXT4.AT, EXT4.AT + EXT4.SIZE);
  if (block.readUInt16LE(EXT4.MAGIC) !== EXT4.VALUE) return undefined;
  const isLarge = (block.readUInt32LE(EXT4_FEATURES.INCOMPATIBLE) & EXT4_FEATURES.IS_64BIT) !== 0;
  const high = isLarge ? BigInt(block.readUInt32LE(EXT4.HIGH)) << 32n : 0n;
  const blocks = high | BigInt(block.readUInt32LE(EXT4.BLOCKS));
  const hasChecksum = (block.readUInt32LE(EXT4_FEATURES.READ_ONLY) & EXT4_FEATURES.CHECKSUM) !== 0;
  const at = EXT4_FEATURES.CHECKSUM_AT;
  const intact = !hasChecksum || block.readUInt32LE(at) === crc32c(ALL_ONES, block.subarray(0, at));
  return { size: blocks * (EXT4_SMALLEST_BLOCK << BigInt(block.readUInt32LE(EXT4.LOG) % 32)), intact };
}

/** struct xfs_dsb (fs/xfs/libxfs/xfs_format.h); numbers are big-endian, but for the checksum. */
const XFS = { MAGIC: 'XFSB', BLOCK: 4, BLOCKS: 8, VERSION: 100, SECTOR: 102, CHECKSUM: 224, LEAST: 512 } as const;
const XFS_VERSION = { MASK: 0xf, WITH_CHECKSUM: 5 } as const;

function readXfs(start: Buffer): Superblock | undefined {
  if (start.toString('latin1', 0, XFS.MAGIC.length) !== XFS.MAGIC) return undefined;
  const size = start.readBigUInt64BE(XFS.BLOCKS) * BigInt(start.readUInt32BE(XFS.BLOCK));
  const version = start.readUInt16BE(XFS.VERSION) & XFS_VERSION.MASK;
  return { size, intact: version !== XFS_VERSION.WITH_CHECKSUM || isIntactXfs(start) };
}

function isIntactXfs(start: Buffer): boolean {
  const length = start.readUInt16BE(XFS.SECTOR);
  if (length < XFS.LEAST || length > LOOKED_AT) return false;
  const sector = Buffer.from(start.subarray(0, length));
  sector.writeUInt32LE(0, XFS.CHECKSUM);
  return (crc32c(ALL_ONES, sector) ^ ALL_ONES) >>> 0 === start.readUInt32LE(XFS.CHECKSUM);
}

/** struct erofs_super_block (fs/erofs/erofs_fs.h). */
const EROFS = { AT: 1024, MAGIC: 0xe0f5e1e2, CHECKSUM: 4, FEATURES: 8, LOG: 12, BLOCKS: 36 } as const;
const EROFS_HAS_CHECKSUM = 1;
const EROFS_BLOCK_LOG = { LEAST: 9, MOST: 16 } as const;

function readErofs(start: Buffer): Superblock | undefined {
  if (start.readUInt32LE(EROFS.AT) !== EROFS.MAGIC) return undefined;
  const log = start.readUInt8(EROFS.AT + EROFS.LOG);
  if (log < EROFS_BLOCK_LOG.LEAST || log > EROFS_BLOCK_LOG.MOST) return { size: 0n, intact: false };
  const hasChecksum = (start.readUInt32LE(EROFS.AT + EROFS.FEATURES) & EROFS_HAS_CHECKSUM) !== 0;
  const size = BigInt(start.readUInt32LE(EROFS.AT + EROFS.BLOCKS)) << BigInt(log);
  return { size, intact: !hasChecksum || isIntactErofs(start, 2 ** log) };
}

/** What is checked is the first block, or what of it lies behind the beginning of the superblock. */
function isIntactErofs(start: Buffer, blockSize: number): boolean {
  const length = blockSize > EROFS.AT ? blockSize - EROFS.AT : blockSize;
  const block = Buffer.from(start.subarray(EROFS.AT, EROFS.AT + length));
  block.writeUInt32LE(0, EROFS.CHECKSUM);
  return crc32c(ALL_ONES, block) === start.readUInt32LE(EROFS.AT + EROFS.CHECKSUM);
}
