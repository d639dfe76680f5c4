import { closeSync, openSync, readSync } from 'node:fs';
import { DataLossError, NotImplementedError } from '../../errors/index.js';
import {
  ATTRIBUTE,
  ATTRIBUTES_HEADER,
  alignUp,
  BLOCK,
  BLOCK_BITS,
  COMPACT,
  ENTRY,
  EXTENDED,
  LAYOUT,
  LONG_PREFIX,
  NID_UNIT,
  READABLE,
  SUPER,
  UUID_SIZE,
} from './format.js';

/** An extended attribute: the number of its prefix, what follows that, and its value. */
export interface Attribute {
  readonly prefix: number;
  /** One character for each byte. */
  readonly name: string;
  readonly value: Buffer;
}

/** What is recorded of a file. */
export interface Inode {
  readonly nid: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds. */
  readonly mtime: bigint;
  readonly mtimeNanoseconds: number;
  readonly links: number;
  /** Bytes. */
  readonly length: number;
  readonly layout: number;
  /** The first block of the content, or the number of a device. */
  readonly union: number;
  readonly attributes: readonly Attribute[];
  /** Where, from the beginning of the image, what stands behind the inode and its attributes begins. */
  readonly end: number;
}

/** An entry of a directory; one character of the name for each byte. */
export interface Entry {
  readonly name: string;
  readonly nid: number;
}

/** How many blocks are kept; those of metadata, read again and again. */
const KEPT_BLOCKS = 2048;

/**
 * Reads what an erofs image records of its files, not their content. Takes images of blocks of 4 KiB without compression.
 * Whatever is in the image, nothing outside of it is read; one that leads nowhere is a DataLossError.
 */
export class ImageReader implements Disposable {
  readonly #fd: number;
  readonly #path: string;
  readonly #kept = new Map<number, Buffer>();
  readonly #metadata: number;
  readonly #attributes: number;
  readonly #buildTime: bigint;
  readonly #buildTimeNanoseconds: number;
  readonly rootNid: number;
  /** In hexadecimal digits. */
  readonly uuid: string;

  /** @throws a system error; DataLossError for what is no such image, NotImplementedError for other block sizes and features. */
  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'r');
    try {
      const head = this.#read(SUPER.at, SUPER.size);
      const { field } = SUPER;
      if (head.readUInt32LE(field.magic) !== SUPER.magic) throw this.#damaged('it has no superblock');
      if (head.readUInt8(field.blockBits) !== BLOCK_BITS)
        throw new NotImplementedError(`${path} has blocks of another size`);
      if ((head.readUInt32LE(field.incompatible) & ~READABLE) !== 0)
        throw new NotImplementedError(`${path} has features that are not known`);
      this.uuid = head.toString('hex', field.uuid, field.uuid + UUID_SIZE);
      this.#metadata = head.readUInt32LE(field.metadata) * BLOCK;
      this.#attributes = head.readUInt32LE(field.attributes) * BLOCK;
      this.#buildTime = head.readBigUInt64LE(field.buildTime);
      this.#buildTimeNanoseconds = head.readUInt32LE(field.buildTimeNanoseconds);
      this.rootNid = head.readUInt16LE(field.rootNid);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  inode(nid: number): Inode {
    const at = this.#metadata + nid * NID_UNIT;
    const format = this.#read(at, 2).readUInt16LE(0);
    const isExtended = (format & 1) === 1;
    const size = isExtended ? EXTENDED.size : COMPACT.size;
    const raw = this.#read(at, size);
    const fields = isExtended ? extendedFields(raw) : this.#compactFields(raw);
    const count = raw.readUInt16LE(COMPACT.attributeCount);
    const attributesSize = count === 0 ? 0 : ATTRIBUTES_HEADER.size + ATTRIBUTE.size * (count - 1);
    const attributes = count === 0 ? [] : this.#attributesAt(at + size, attributesSize);
    const mode = raw.readUInt16LE(COMPACT.mode);
    const union = raw.readUInt32LE(COMPACT.union);
    return { nid, mode, union, ...fields, layout: (format >> 1) & 7, attributes, end: at + size + attributesSize };
  }

  #compactFields(raw: Buffer): Pick<Inode, 'uid' | 'gid' | 'links' | 'length' | 'mtime' | 'mtimeNanoseconds'> {
    return {
      uid: raw.readUInt16LE(COMPACT.uid),
      gid: raw.readUInt16LE(COMPACT.gid),
      links: raw.readUInt16LE(COMPACT.links),
      length: raw.readUInt32LE(COMPACT.length),
      mtime: this.#buildTime,
      mtimeNanoseconds: this.#buildTimeNanoseconds,
    };
  }

  #attributesAt(at: number, size: number): Attribute[] {
    const body = this.#read(at, size);
    const shared = body.readUInt8(ATTRIBUTES_HEADER.shared);
    const attributes: Attribute[] = [];
    let position: number = ATTRIBUTES_HEADER.size;
    for (let index = 0; index < shared; index++, position += 4) {
      if (position + 4 > size) throw this.#damaged('attributes end too early');
      attributes.push(this.#sharedAttribute(body.readUInt32LE(position)));
    }
    while (position + ATTRIBUTE.size <= size) {
      const { attribute, end } = this.#attributeIn(body, position);
      attributes.push(attribute);
      position = alignUp(end, ATTRIBUTE.size);
    }
    return attributes;
  }

  #sharedAttribute(number: number): Attribute {
    const at = this.#attributes + number * ATTRIBUTE.size;
    const head = this.#read(at, ATTRIBUTE.size);
    const length = head.readUInt8(ATTRIBUTE.nameLength) + head.readUInt16LE(ATTRIBUTE.valueLength);
    return this.#attributeIn(this.#read(at, ATTRIBUTE.size + length), 0).attribute;
  }

  #attributeIn(body: Buffer, at: number): { readonly attribute: Attribute; readonly end: number } {
    const prefix = body.readUInt8(at + ATTRIBUTE.prefix);
    if ((prefix & LONG_PREFIX) !== 0)
      throw new NotImplementedError(`${this.#path} has prefixes of attributes of its own`);
    const nameAt = at + ATTRIBUTE.size;
    const valueAt = nameAt + body.readUInt8(at + ATTRIBUTE.nameLength);
    const end = valueAt + body.readUInt16LE(at + ATTRIBUTE.valueLength);
    if (end > body.length) throw this.#damaged('an attribute ends behind the others');
    const name = body.toString('latin1', nameAt, valueAt);
    return { attribute: { prefix, name, value: Buffer.from(body.subarray(valueAt, end)) }, end };
  }

  /** The whole content of a directory or a symbolic link. */
  content({ length, layout, union, end }: Inode): Buffer {
    if (layout === LAYOUT.plain) return this.#read(union * BLOCK, length);
    if (layout !== LAYOUT.inline)
      throw new NotImplementedError(`${this.#path} has a directory of a layout that is not known`);
    const behind = length % BLOCK;
    return Buffer.concat([this.#read(union * BLOCK, length - behind), this.#read(end, behind)]);
  }

  /** The entries of a directory, without itself and the one above. */
  *entries(directory: Inode): Generator<Entry> {
    const content = this.content(directory);
    for (let at = 0; at < content.length; at += BLOCK) yield* this.#entriesIn(content.subarray(at, at + BLOCK));
  }

  *#entriesIn(block: Buffer): Generator<Entry> {
    const namesAt = block.length < ENTRY.size ? 0 : block.readUInt16LE(ENTRY.nameAt);
    if (namesAt < ENTRY.size || namesAt > block.length || namesAt % ENTRY.size !== 0) {
      throw this.#damaged('a directory has no entries');
    }
    for (let at = 0; at < namesAt; at += ENTRY.size) {
      const nameAt = block.readUInt16LE(at + ENTRY.nameAt);
      const next = at + ENTRY.size;
      const limit = next < namesAt ? block.readUInt16LE(next + ENTRY.nameAt) : block.length;
      if (nameAt < namesAt || nameAt >= limit || limit > block.length)
        throw this.#damaged('a name leads out of its directory');
      const zero = block.indexOf(0, nameAt);
      const name = block.toString('latin1', nameAt, zero < 0 || zero > limit ? limit : zero);
      if (name !== '.' && name !== '..') yield { name, nid: Number(block.readBigUInt64LE(at)) };
    }
  }

  #read(at: number, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0);
    if (at > LAST_BYTE) throw this.#damaged('a number leads out of it');
    const first = Math.floor(at / BLOCK);
    const offset = at - first * BLOCK;
    if (offset + length <= BLOCK) return this.#checked(this.#block(first).subarray(offset, offset + length), length);
    if (length > BLOCK) return this.#readLong(at, length);
    return this.#checked(
      Buffer.concat([this.#block(first).subarray(offset), this.#block(first + 1).subarray(0, offset + length - BLOCK)]),
      length,
    );
  }

  #readLong(at: number, length: number): Buffer {
    // Nothing that is read at once is larger than a directory; a length of terabytes is no reason to ask for the memory.
    if (length > LARGEST_CONTENT) throw this.#damaged('a directory is larger than any can be');
    const bytes = Buffer.alloc(length);
    return this.#checked(bytes.subarray(0, readSync(this.#fd, bytes, 0, length, at)), length);
  }

  #block(number: number): Buffer {
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept;
    if (this.#kept.size >= KEPT_BLOCKS) this.#kept.clear();
    const bytes = Buffer.alloc(BLOCK);
    const block = bytes.subarray(0, readSync(this.#fd, bytes, 0, BLOCK, number * BLOCK));
    this.#kept.set(number, block);
    return block;
  }

  #checked(bytes: Buffer, length: number): Buffer {
    if (bytes.length < length) throw this.#damaged('it ends too early');
    return bytes;
  }

  #damaged(what: string): DataLossError {
    return new DataLossError(`${this.#path} is damaged: ${what}`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

/** Far behind the end of any image, and a number that a file offset can be. */
const LAST_BYTE = 2 ** 50;

/** Bytes; a directory of a million entries with names of average length has some 40 MiB. */
const LARGEST_CONTENT = 2 ** 30;

function extendedFields(raw: Buffer): Pick<Inode, 'uid' | 'gid' | 'links' | 'length' | 'mtime' | 'mtimeNanoseconds'> {
  return {
    uid: raw.readUInt32LE(EXTENDED.uid),
    gid: raw.readUInt32LE(EXTENDED.gid),
    links: raw.readUInt32LE(EXTENDED.links),
    length: Number(raw.readBigUInt64LE(EXTENDED.length)),
    mtime: raw.readBigUInt64LE(EXTENDED.mtime),
    mtimeNanoseconds: raw.readUInt32LE(EXTENDED.mtimeNanoseconds),
  };
}
