/**
 * The pages of a data file, as lmdb-js' LMDB writes them (dependencies/lmdb/libraries/liblmdb/mdb.c: MDB_page_header,
 * MDB_meta, MDB_db, MDB_node, MDB_ovpage): offsets and sizes in bytes, little endian.
 */

/** Before what a page holds. A leaf's or branch's own numbers count from behind it. */
export const pageHeader = {
  number: 0,
  transaction: 8,
  flags: 18,
  lower: 20,
  upper: 22,
  overflow: 20,
  size: 24,
} as const;

/** The kinds of pages. */
export const pageFlags = { branch: 0x01, leaf: 0x02, overflow: 0x04 } as const;

/** A meta page, from the start of the page. */
export const metaPage = {
  magic: 24,
  version: 28,
  freePages: 48,
  pageSize: 48,
  main: 96,
  lastPage: 144,
  transaction: 152,
  end: 160,
} as const;

/** What a meta page begins with, and the version of the layout. */
export const metaMagic = 0xbeefc0de;
/** See {@link metaMagic}. */
export const dataVersion = 2;

/** The description of a tree. */
export const treeRecord = { flags: 4, depth: 6, root: 40, size: 48 } as const;

/** The root of a tree that holds nothing. */
export const noRoot = 0xffff_ffff_ffff_ffffn;

/** An entry of a page: in a branch, the first three are the number of the page below. */
export const nodeRecord = { size: 0, flags: 4, keySize: 6, key: 8 } as const;

/** What the data of an entry in a leaf is, when it is not simply there. */
export const nodeFlags = { none: 0, overflow: 0x01, tree: 0x02 } as const;

/** What stands for data that lies on pages of its own. */
export const overflowRecord = { page: 0, pages: 16, size: 24 } as const;

/** How many pages data needs that does not fit into a leaf. */
export function overflowPages(bytes: number, pageSize: number): number {
  return Math.floor((pageHeader.size - 1 + bytes) / pageSize) + 1;
}
