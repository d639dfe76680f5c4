/**
 * Writes the image of a merged tree: names, attributes and directories, and for the content of each file the number of its
 * layer and its place there. What it makes is laid out like this, in blocks of 4 KiB:
 *
 *     the superblock, and a slot for each layer
 *     inodes, with attributes, small directories and targets of links behind them
 *     the blocks of larger directories
 */
import { randomBytes } from 'node:crypto';
import { NotImplementedError } from '../../errors/index.js';
import { DirectoryBlocks, type NamedInode } from './directory-blocks.js';
import {
  ATTRIBUTE,
  ATTRIBUTES_HEADER,
  alignUp,
  BLOCK,
  BLOCK_BITS,
  CHUNK_ENTRY,
  CHUNK_INDEXES,
  COMPATIBLE_MTIME,
  EXTENDED,
  entryTypeOf,
  FILE_TYPE,
  INCOMPATIBLE,
  LAYOUT,
  NID_UNIT,
  SLOT,
  SUPER,
} from './format.js';
import type { MergedFile } from './overlay-merge.js';

/** The first inode is not number 0, which some take for none. */
const FIRST_NID = 2;

const MOST_LAYERS = 65_535;

/** A file, and where everything about it goes. */
interface Placed {
  readonly file: MergedFile;
  readonly nid: number;
  readonly layout: number;
  /** What stands in blocks of its own, and the first of those, counted from the first one of all. */
  readonly inBlocks: number;
  readonly firstBlock: number;
  /** The directories that it and its parent are; for directories alone. */
  readonly parent: Placed | undefined;
}

/** What the image records of a layer: by it is seen later that the layer is still that one. */
export interface MergedDevice {
  readonly uuid: string;
  readonly blocks: number;
}

/**
 * The image as a whole. Takes as much memory as that, some 100 bytes for each file.
 * @param devices The layers, the lowest first.
 * @throws NotImplementedError for a file whose content does not lie in blocks of its own, and for too many layers.
 */
export function mergedImage(root: MergedFile, devices: readonly MergedDevice[]): Buffer {
  if (devices.length > MOST_LAYERS) throw new NotImplementedError(`more than ${MOST_LAYERS} layers`);
  const plan = new Plan();
  plan.addAll(root);
  const metadata = Math.ceil((SUPER.at + SUPER.size + devices.length * SLOT.size) / BLOCK);
  const firstBlock = metadata + Math.ceil(plan.end / BLOCK);
  const image = Buffer.alloc((firstBlock + plan.blocks) * BLOCK);
  writeHead(image, { devices, metadata, inodes: plan.placed.length });
  for (const [index, placed] of plan.placed.entries()) writeFile(image, { placed, plan, index, metadata, firstBlock });
  return image;
}

/** Where everything goes. */
class Plan {
  readonly placed: Placed[] = [];
  readonly #of = new Map<MergedFile, Placed>();
  /** Bytes of the inodes with what stands behind them, from the beginning of the metadata. */
  end = FIRST_NID * NID_UNIT;
  /** How many blocks of directories there are. */
  blocks = 0;

  /** The root first: its number has to be small. */
  addAll(root: MergedFile): void {
    const waiting: [MergedFile, Placed | undefined][] = [[root, undefined]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [file, parent] = next;
      if (this.#of.has(file)) continue;
      const placed = this.#add(file, parent);
      for (const inside of file.entries?.values() ?? []) waiting.push([inside, placed]);
    }
  }

  nidOf(file: MergedFile): number {
    return this.#of.get(file)?.nid ?? 0;
  }

  #add(file: MergedFile, parent: Placed | undefined): Placed {
    const head = EXTENDED.size + attributesSize(file);
    const content = contentSize(file);
    const behind = content % BLOCK;
    const isInline = behind > 0 && head + behind <= BLOCK;
    const inBlocks = content - (isInline ? behind : 0);
    const size = hasChunk(file) ? alignUp(head, CHUNK_ENTRY.size) + CHUNK_ENTRY.size : head + (isInline ? behind : 0);
    const at = placeFor(this.end, size);
    const layout = hasChunk(file) ? LAYOUT.chunks : isInline ? LAYOUT.inline : LAYOUT.plain;
    const placed = { file, nid: at / NID_UNIT, layout, inBlocks, firstBlock: this.blocks, parent };
    this.end = at + size;
    this.blocks += Math.ceil(inBlocks / BLOCK);
    this.#of.set(file, placed);
    this.placed.push(placed);
    return placed;
  }
}

/** The next place for an inode. What stands behind one must not go on in another block. */
function placeFor(end: number, size: number): number {
  const at = alignUp(end, NID_UNIT);
  const isWithin = (at % BLOCK) + size <= BLOCK;
  return isWithin || size > BLOCK ? at : alignUp(at, BLOCK);
}

function hasChunk({ inode }: MergedFile): boolean {
  return (inode.mode & FILE_TYPE.mask) === FILE_TYPE.regular && inode.length > 0;
}

/** Bytes that the image holds of the content. */
function contentSize({ target, entries }: MergedFile): number {
  if (entries !== undefined) return DirectoryBlocks.sizeOf(namesOf(entries));
  return target?.length ?? 0;
}

function namesOf(entries: ReadonlyMap<string, MergedFile>): string[] {
  return [...entries.keys(), '.', '..'];
}

function attributesSize({ attributes }: MergedFile): number {
  if (attributes.length === 0) return 0;
  const sizes = attributes.map(({ name, value }) => {
    return alignUp(ATTRIBUTE.size + name.length + value.length, ATTRIBUTE.size);
  });
  return sizes.reduce((sum, size) => sum + size, ATTRIBUTES_HEADER.size);
}

interface Head {
  readonly devices: readonly MergedDevice[];
  /** The first block of the metadata. */
  readonly metadata: number;
  readonly inodes: number;
}

function writeHead(image: Buffer, { devices, metadata, inodes }: Head): void {
  const head = image.subarray(SUPER.at);
  const { field } = SUPER;
  head.writeUInt32LE(SUPER.magic, field.magic);
  head.writeUInt32LE(COMPATIBLE_MTIME, field.compatible);
  head.writeUInt8(BLOCK_BITS, field.blockBits);
  head.writeUInt16LE(FIRST_NID, field.rootNid);
  head.writeBigUInt64LE(BigInt(inodes), field.inodes);
  head.writeUInt32LE(image.length / BLOCK, field.blocks);
  head.writeUInt32LE(metadata, field.metadata);
  randomBytes(16).copy(head, field.uuid);
  head.writeUInt32LE(INCOMPATIBLE.chunkedFiles | INCOMPATIBLE.deviceTable, field.incompatible);
  head.writeUInt16LE(devices.length, field.devices);
  head.writeUInt16LE((SUPER.at + SUPER.size) / SLOT.size, field.slots);
  for (const [index, { uuid, blocks }] of devices.entries()) {
    const slot = head.subarray(SUPER.size + index * SLOT.size);
    slot.write(uuid, SLOT.tag, SLOT.tagSize, 'latin1');
    slot.writeUInt32LE(blocks, SLOT.blocks);
  }
}

interface Writing {
  readonly placed: Placed;
  readonly plan: Plan;
  readonly index: number;
  readonly metadata: number;
  readonly firstBlock: number;
}

function writeFile(image: Buffer, { placed, plan, index, metadata, firstBlock }: Writing): void {
  const { file, nid, layout, inBlocks } = placed;
  const inode = image.subarray(metadata * BLOCK + nid * NID_UNIT);
  const ownBlock = firstBlock + placed.firstBlock;
  writeInode(inode, { file, layout, index, union: unionOf(placed, ownBlock) });
  const head = EXTENDED.size + writeAttributes(inode.subarray(EXTENDED.size), file);
  if (layout === LAYOUT.chunks) {
    writeChunk(inode.subarray(alignUp(head, CHUNK_ENTRY.size)), file);
  } else {
    const content = contentOf(placed, plan);
    content.copy(image, ownBlock * BLOCK, 0, inBlocks);
    content.copy(inode, head, inBlocks);
  }
}

function unionOf({ file, layout, inBlocks }: Placed, ownBlock: number): number {
  if (layout === LAYOUT.chunks) return CHUNK_INDEXES | chunkBits(file.inode.length);
  // A device's number.
  if (file.entries === undefined && file.target === undefined && file.inode.length === 0) return file.inode.union;
  return inBlocks > 0 ? ownBlock : 0;
}

interface InodeFields {
  readonly file: MergedFile;
  readonly layout: number;
  readonly index: number;
  readonly union: number;
}

function writeInode(at: Buffer, { file, layout, index, union }: InodeFields): void {
  const { inode, attributes, entries, names } = file;
  at.writeUInt16LE(1 | (layout << 1), 0);
  const count = attributes.length === 0 ? 0 : (attributesSize(file) - ATTRIBUTES_HEADER.size) / ATTRIBUTE.size + 1;
  at.writeUInt16LE(count, EXTENDED.attributeCount);
  at.writeUInt16LE(inode.mode, EXTENDED.mode);
  at.writeBigUInt64LE(BigInt(hasChunk(file) ? inode.length : contentSize(file)), EXTENDED.length);
  at.writeUInt32LE(union, EXTENDED.union);
  at.writeUInt32LE(index + 1, EXTENDED.number);
  at.writeUInt32LE(inode.uid, EXTENDED.uid);
  at.writeUInt32LE(inode.gid, EXTENDED.gid);
  at.writeBigUInt64LE(inode.mtime, EXTENDED.mtime);
  at.writeUInt32LE(inode.mtimeNanoseconds, EXTENDED.mtimeNanoseconds);
  at.writeUInt32LE(entries === undefined ? names : linksOf(entries), EXTENDED.links);
}

/** Of a directory: its own name, its `.`, and a `..` for each directory in it. */
function linksOf(entries: ReadonlyMap<string, MergedFile>): number {
  return [...entries.values()].reduce((links, { entries: inside }) => links + (inside === undefined ? 0 : 1), 2);
}

/** @returns how many bytes they take. */
function writeAttributes(at: Buffer, file: MergedFile): number {
  let position: number = ATTRIBUTES_HEADER.size;
  for (const { prefix, name, value } of file.attributes) {
    at.writeUInt8(name.length, position + ATTRIBUTE.nameLength);
    at.writeUInt8(prefix, position + ATTRIBUTE.prefix);
    at.writeUInt16LE(value.length, position + ATTRIBUTE.valueLength);
    at.write(name, position + ATTRIBUTE.size, 'latin1');
    value.copy(at, position + ATTRIBUTE.size + name.length);
    position = alignUp(position + ATTRIBUTE.size + name.length + value.length, ATTRIBUTE.size);
  }
  return file.attributes.length === 0 ? 0 : position;
}

/** How much larger than a block the one chunk of a file has to be, as a power of two. */
function chunkBits(length: number): number {
  let bits = 0;
  while (BLOCK * 2 ** bits < length) bits++;
  return bits;
}

function writeChunk(at: Buffer, { layer, inode }: MergedFile): void {
  if (inode.layout !== LAYOUT.plain) {
    throw new NotImplementedError('a layer was packed with ends of files behind their inodes, and cannot be merged');
  }
  at.writeUInt16LE(layer + 1, CHUNK_ENTRY.device);
  at.writeUInt32LE(inode.union, CHUNK_ENTRY.block);
}

function contentOf({ file, nid, parent }: Placed, plan: Plan): Buffer {
  if (file.entries === undefined) return file.target ?? Buffer.alloc(0);
  const directory = { nid, type: entryTypeOf(FILE_TYPE.directory) };
  const own: NamedInode[] = [
    { name: '.', ...directory },
    { name: '..', ...directory, nid: parent?.nid ?? nid },
  ];
  const inside = [...file.entries].map(([name, each]) => {
    return { name, nid: plan.nidOf(each), type: entryTypeOf(each.inode.mode) };
  });
  return DirectoryBlocks.make([...own, ...inside]);
}
