/**
 * Reading the trees of a btrfs (BTRFS_IOC_TREE_SEARCH_V2; include/uapi/linux/btrfs.h, btrfs_tree.h). Needs
 * CAP_SYS_ADMIN. Synchronous: a few microseconds for a few items, milliseconds for ten thousand.
 */
import { ioctl } from '../calls/sys.js';

const TREE_SEARCH_V2 = 0xc0709411;

/** struct btrfs_ioctl_search_args_v2, which begins with a struct btrfs_ioctl_search_key. */
const ARGS = {
  TREE: 0,
  MIN_OBJECT: 8,
  MAX_OBJECT: 16,
  MIN_OFFSET: 24,
  MAX_OFFSET: 32,
  MIN_TRANSACTION: 40,
  MAX_TRANSACTION: 48,
  MIN_TYPE: 56,
  MAX_TYPE: 60,
  ITEMS: 64,
  BUFFER_SIZE: 104,
  BUFFER: 112,
} as const;

/** struct btrfs_ioctl_search_header. */
const HEADER = { OBJECT: 8, OFFSET: 16, TYPE: 24, LENGTH: 28, SIZE: 32 } as const;

/** Trees with fixed numbers. */
export const TREE = { ROOTS: 1n, QUOTA: 8n } as const;

/** Types of items. */
export const ITEM = { INODE: 1, EXTENT_DATA: 108, ROOT_REF: 156, QGROUP_STATUS: 240, QGROUP_LIMIT: 244 } as const;

/** The largest number of an object, and of an offset. */
export const LAST = 2n ** 64n - 1n;

const MAX_TYPE = 255;
const ALL_ITEMS = 0xffff_ffff;

/** A place in a tree: items are sorted by these three. */
export interface ItemKey {
  readonly object: bigint;
  readonly type: number;
  readonly offset: bigint;
}

/** What to look for. */
export interface TreeSearch {
  readonly tree: bigint;
  /** From and up to these, as places in the order of items. */
  readonly from: ItemKey;
  readonly to: ItemKey;
  /** Skips leaves that were last written in an older transaction. Default 0: skips none. */
  readonly since?: bigint;
}

/** Where an item lies in the buffer of a search; valid only until the next one is asked for. */
export interface FoundItem {
  readonly object: bigint;
  readonly type: number;
  readonly offset: bigint;
  readonly buffer: Buffer;
  /** Where in the buffer its data begins. */
  readonly start: number;
  readonly length: number;
}

const DEFAULT_BUFFER = 2 ** 14;

function argumentsOf(search: TreeSearch, bufferSize: number): Buffer {
  const args = Buffer.alloc(ARGS.BUFFER + bufferSize);
  args.writeBigUInt64LE(search.tree, ARGS.TREE);
  args.writeBigUInt64LE(search.to.object, ARGS.MAX_OBJECT);
  args.writeBigUInt64LE(search.to.offset, ARGS.MAX_OFFSET);
  args.writeUInt32LE(search.to.type, ARGS.MAX_TYPE);
  args.writeBigUInt64LE(search.since ?? 0n, ARGS.MIN_TRANSACTION);
  args.writeBigUInt64LE(LAST, ARGS.MAX_TRANSACTION);
  args.writeBigUInt64LE(BigInt(bufferSize), ARGS.BUFFER_SIZE);
  return args;
}

/** The place right behind another; undefined at the end of all. */
function behind({ object, type, offset }: ItemKey): ItemKey | undefined {
  if (offset < LAST) return { object, type, offset: offset + 1n };
  if (type < MAX_TYPE) return { object, type: type + 1, offset: 0n };
  return object < LAST ? { object: object + 1n, type: 0, offset: 0n } : undefined;
}

/**
 * The items of a tree between two places. @param fd Any file of the file system.
 * @throws a system error; `ENOENT` when there is no such tree.
 */
export function* searchTree(fd: number, search: TreeSearch, bufferSize = DEFAULT_BUFFER): Generator<FoundItem> {
  const args = argumentsOf(search, bufferSize);
  let from: ItemKey | undefined = search.from;
  while (from !== undefined) {
    args.writeBigUInt64LE(from.object, ARGS.MIN_OBJECT);
    args.writeBigUInt64LE(from.offset, ARGS.MIN_OFFSET);
    args.writeUInt32LE(from.type, ARGS.MIN_TYPE);
    args.writeUInt32LE(ALL_ITEMS, ARGS.ITEMS);
    ioctl(fd, TREE_SEARCH_V2, args, 'BTRFS_IOC_TREE_SEARCH_V2');
    const count = args.readUInt32LE(ARGS.ITEMS);
    if (count === 0) return;
    let at: number = ARGS.BUFFER;
    for (let n = 0; n < count; n += 1) {
      const item: FoundItem = {
        object: args.readBigUInt64LE(at + HEADER.OBJECT),
        type: args.readUInt32LE(at + HEADER.TYPE),
        offset: args.readBigUInt64LE(at + HEADER.OFFSET),
        length: args.readUInt32LE(at + HEADER.LENGTH),
        buffer: args,
        start: at + HEADER.SIZE,
      };
      at = item.start + item.length;
      if (n === count - 1) from = behind(item);
      yield item;
    }
  }
}
