import { alignUp, BLOCK, ENTRY } from './format.js';

/** A name, one character for each byte, and what it stands for. */
export interface NamedInode {
  readonly name: string;
  readonly nid: number;
  /** As `entryTypeOf` gives it. */
  readonly type: number;
}

/**
 * The content of a directory: blocks of entries and then their names, sorted by bytes, so that a name is found by halving.
 */
export const DirectoryBlocks = {
  /** How many bytes the entries of these names take. */
  sizeOf(names: readonly string[]): number {
    const blocks = split([...names].sort(byBytes), (name) => name);
    return sizeOfBlocks(blocks.map(({ used }) => used));
  },

  make(entries: readonly NamedInode[]): Buffer {
    const sorted = [...entries].sort((one, other) => byBytes(one.name, other.name));
    const blocks = split(sorted, ({ name }) => name);
    const content = Buffer.alloc(sizeOfBlocks(blocks.map(({ used }) => used)));
    for (const [index, { members }] of blocks.entries()) writeBlock(content.subarray(index * BLOCK), members);
    return content;
  },
} as const;

interface Block<T> {
  readonly members: T[];
  used: number;
}

function split<T>(sorted: readonly T[], nameOf: (member: T) => string): Block<T>[] {
  const blocks: Block<T>[] = [];
  for (const member of sorted) {
    const size = ENTRY.size + nameOf(member).length;
    const last = blocks.at(-1);
    if (last === undefined || last.used + size > BLOCK) blocks.push({ members: [member], used: size });
    else {
      last.members.push(member);
      last.used += size;
    }
  }
  return blocks;
}

/** All blocks but the last are whole. */
function sizeOfBlocks(used: readonly number[]): number {
  const before = Math.max(0, used.length - 1) * BLOCK;
  return alignUp(before, BLOCK) + (used.at(-1) ?? 0);
}

function writeBlock(at: Buffer, members: readonly NamedInode[]): void {
  let nameAt = members.length * ENTRY.size;
  members.forEach(({ name, nid, type }, index) => {
    const entry = index * ENTRY.size;
    at.writeBigUInt64LE(BigInt(nid), entry);
    at.writeUInt16LE(nameAt, entry + ENTRY.nameAt);
    at.writeUInt8(type, entry + ENTRY.type);
    at.write(name, nameAt, 'latin1');
    nameAt += name.length;
  });
}

/** One character stands for a byte, so the order of characters is that of bytes. */
function byBytes(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
