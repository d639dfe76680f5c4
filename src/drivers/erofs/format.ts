/**
 * The parts of the disk format of erofs that layers and merged images have (fs/erofs/erofs_fs.h of Linux). Numbers are
 * little-endian; an inode is named by its distance from the metadata area in units of 32 bytes, its nid.
 */

/** The size of a block, as a power of two; mkfs.erofs takes the size of a page. */
export const BLOCK_BITS = 12;
/** Bytes of a block. */
export const BLOCK = 2 ** BLOCK_BITS;

/** Bytes for each step of a nid. */
export const NID_UNIT = 32;

/** The superblock: where it lies, and the offsets of its fields. */
export const SUPER = {
  at: 1024,
  size: 128,
  magic: 0xe0f5e1e2,
  field: {
    magic: 0,
    compatible: 8,
    blockBits: 12,
    rootNid: 14,
    inodes: 16,
    buildTime: 24,
    buildTimeNanoseconds: 32,
    blocks: 36,
    metadata: 40,
    attributes: 44,
    uuid: 48,
    incompatible: 80,
    devices: 86,
    slots: 88,
  },
} as const;

/** Bytes of the number that mkfs.erofs draws for each image that it makes. */
export const UUID_SIZE = 16;

/**
 * Bits of `incompatible` that say where compressed content lies, or that there are chunks and devices: an inode shows
 * whether it has such, and its times and names are read as without.
 */
export const READABLE = 0x3f;

/** Bits of `incompatible` that a merged image has. */
export const INCOMPATIBLE = { chunkedFiles: 0x4, deviceTable: 0x8 } as const;

/** The bit of `compatible` that says that times are those of the last change of content. */
export const COMPATIBLE_MTIME = 0x2;

/** The slot of a further device; its tag is a text, which the kernel leaves to whoever names the device. */
export const SLOT = { size: 128, tag: 0, tagSize: 64, blocks: 64 } as const;

/** An inode of 64 bytes; bit 0 of its format is set, the next three are its layout. */
export const EXTENDED = {
  size: 64,
  attributeCount: 2,
  mode: 4,
  length: 8,
  union: 16,
  number: 20,
  uid: 24,
  gid: 28,
  mtime: 32,
  mtimeNanoseconds: 40,
  links: 44,
} as const;

/** An inode of 32 bytes, whose time is that of the image. */
export const COMPACT = {
  size: 32,
  attributeCount: 2,
  mode: 4,
  links: 6,
  length: 8,
  union: 16,
  uid: 24,
  gid: 26,
} as const;

/** Where the content of an inode lies: in blocks, or with its end behind the inode, or in blocks of other devices. */
export const LAYOUT = { plain: 0, inline: 2, chunks: 4 } as const;

/** In the union of an inode with chunks: the chunks have entries that name their device. */
export const CHUNK_INDEXES = 0x20;

/** The entry of a chunk. */
export const CHUNK_ENTRY = { size: 8, device: 2, block: 4 } as const;

/** An entry of a directory: where its name begins in the block, and what it is. */
export const ENTRY = { size: 12, nameAt: 8, type: 10 } as const;

/** What precedes the extended attributes of an inode: the number of shared ones, which lie elsewhere. */
export const ATTRIBUTES_HEADER = { size: 12, shared: 4 } as const;

/** An extended attribute, before its name and its value. */
export const ATTRIBUTE = { size: 4, nameLength: 0, prefix: 1, valueLength: 2 } as const;

/** The prefix of attributes that only root sees. */
export const TRUSTED = 4;

/** A prefix of the image's own, with this bit, is not read here. */
export const LONG_PREFIX = 0x80;

/** What a file is, in the upper bits of its mode, with the number that entries of directories give it. */
export const FILE_TYPE = {
  mask: 0o170000,
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  regular: 0o100000,
  link: 0o120000,
  socket: 0o140000,
} as const;

const entryTypes: Readonly<Record<number, number>> = {
  [FILE_TYPE.regular]: 1,
  [FILE_TYPE.directory]: 2,
  [FILE_TYPE.character]: 3,
  [FILE_TYPE.block]: 4,
  [FILE_TYPE.fifo]: 5,
  [FILE_TYPE.socket]: 6,
  [FILE_TYPE.link]: 7,
};

/** The number that an entry of a directory gives to files of a mode; 0 for none that is known. */
export function entryTypeOf(mode: number): number {
  return entryTypes[mode & FILE_TYPE.mask] ?? 0;
}

/** The next multiple of a power of two. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
