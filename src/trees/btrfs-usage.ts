import { closeSync, constants, openSync } from 'node:fs';
import { type FoundItem, ITEM, LAST, searchTree, subvolumeInfo } from '../linux/index.js';
import type { DiskUsage } from './tree-measure.js';

/** The first number of an inode, which is that of the top directory. */
const FIRST_INODE = 256n;
/** The last one (BTRFS_LAST_FREE_OBJECTID). */
const LAST_INODE = LAST - 255n;

/** struct btrfs_inode_item and struct btrfs_file_extent_item begin with the transaction that made them. */
const MADE_IN = 0;
const EXTENT = { TYPE: 20, ADDRESS: 21, SIZE_ON_DISK: 29, INLINE: 0, INLINE_DATA: 21 } as const;

/** What an inline file counts for: stat(2) gives its length in whole blocks. */
const BLOCK = 4096;

const BUFFER = 2 ** 18;

/** What to measure. */
export interface MeasuredSubvolume {
  readonly path: string;
  /** The subvolume that it is a copy of, to count what that one holds itself. Default: no other. */
  readonly since?: string | undefined;
}

/**
 * What a subvolume holds in addition to the snapshot that it was made of: the inodes that were created in it, and the data
 * extents that were written in it, each once, as large as they are on disk. A subvolume that began empty holds everything
 * in it. The kernel keeps with each inode and extent the transaction that made it, and with each leaf of the tree
 * the last that wrote it, so leaves that are still shared with the other snapshot are not read: the cost depends on what
 * was changed, not on the size of the whole. What has not been written out yet does not count; synchronise first.
 * Blocks the calling thread.
 * @returns undefined when it was stopped.
 * @throws a system error.
 */
export function measureSubvolume({ path, since }: MeasuredSubvolume, stop: () => boolean): DiskUsage | undefined {
  const base = baseOf(since ?? path);
  const measurement = new Measurement(base);
  const fd = openDirectory(path);
  try {
    const search = {
      tree: subvolumeInfo(fd).id,
      from: { object: FIRST_INODE, type: 0, offset: 0n },
      to: { object: LAST_INODE, type: ITEM.EXTENT_DATA, offset: LAST },
      since: base + 1n,
    };
    for (const item of searchTree(fd, search, BUFFER)) {
      measurement.count(item);
      if (stop()) return undefined;
    }
    return measurement.usage;
  } finally {
    closeSync(fd);
  }
}

/** The last transaction that a subvolume has in common with the one that it was made of. */
function baseOf(path: string): bigint {
  const fd = openDirectory(path);
  try {
    const { madeIn, isSnapshot } = subvolumeInfo(fd);
    return isSnapshot ? madeIn : 0n;
  } finally {
    closeSync(fd);
  }
}

function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

class Measurement {
  readonly #base: bigint;
  readonly #extents = new Set<number>();
  #size = 0;
  #inodes = 0;

  constructor(base: bigint) {
    this.#base = base;
  }

  get usage(): DiskUsage {
    return { size: this.#size, inodes: this.#inodes };
  }

  count(item: FoundItem): void {
    if (item.type !== ITEM.INODE && item.type !== ITEM.EXTENT_DATA) return;
    if (item.buffer.readBigUInt64LE(item.start + MADE_IN) <= this.#base) return;
    if (item.type === ITEM.INODE) this.#inodes += 1;
    else this.#countExtent(item);
  }

  #countExtent({ buffer, start, length }: FoundItem): void {
    if (buffer[start + EXTENT.TYPE] === EXTENT.INLINE) {
      this.#size += Math.ceil((length - EXTENT.INLINE_DATA) / BLOCK) * BLOCK;
      return;
    }
    const address = Number(buffer.readBigUInt64LE(start + EXTENT.ADDRESS));
    // A hole has no address.
    if (address === 0 || this.#extents.has(address)) return;
    this.#extents.add(address);
    this.#size += Number(buffer.readBigUInt64LE(start + EXTENT.SIZE_ON_DISK));
  }
}
