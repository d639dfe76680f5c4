import { throwIfAborted } from '../../errors/index.js';
import { must, PageFile, readAhead, Unsound } from './page-file.js';
import {
  dataVersion,
  metaMagic,
  metaPage,
  nodeFlags,
  nodeRecord,
  noRoot,
  overflowPages,
  overflowRecord,
  pageFlags,
  pageHeader,
  treeRecord,
} from './page-format.js';

/** Which file, and how to give up. */
export interface PageWalkOptions {
  readonly file: string;
  readonly pageSize: number;
  readonly signal: AbortSignal | undefined;
}

/** How many pages are looked at before others have a turn: some milliseconds' work. */
const turn = 512;

/** LMDB's cursors go no deeper. */
const mostLevels = 32;

const idBytes = 8;

/** A tree of the file. */
interface Tree {
  readonly root: bigint;
  readonly depth: number;
  readonly holds: 'records' | 'trees' | 'free pages';
}

interface Place {
  readonly page: number;
  /** 1 for a leaf. */
  readonly level: number;
  readonly holds: Tree['holds'];
}

/**
 * Whether every page that the newest state of a data file refers to is one that LMDB can read and write on: each is the
 * page that it should be, of the kind that its place asks for, keeps its entries within itself, and has one use only; the
 * lists of free pages name only others. What LMDB stumbles over after a crash or a power cut is none of this, so what
 * passes can be opened without risk to the process. False tells nothing but that this is not certain. Reads the file
 * once, at some hundred megabytes per second, in turns of some milliseconds.
 * @throws CanceledError, DeadlineExceededError when the signal is aborted; a system error when it cannot be read.
 */
export async function hasSoundPages(options: PageWalkOptions): Promise<boolean> {
  await readAhead(options.file, options.signal);
  try {
    using file = new PageFile(options.file, options.pageSize);
    await new PageWalk(file).run(options.signal);
    return true;
  } catch (error) {
    if (error instanceof Unsound) return false;
    throw error;
  }
}

class PageWalk {
  readonly #file: PageFile;
  readonly #places: Place[] = [];

  constructor(file: PageFile) {
    this.#file = file;
  }

  async run(signal: AbortSignal | undefined): Promise<void> {
    const { meta } = this.#file;
    must(meta.readUInt32LE(metaPage.magic) === metaMagic, 'no meta page');
    must(meta.readUInt32LE(metaPage.version) === dataVersion, 'another version');
    this.#enter(treeOf(meta, metaPage.main, 'trees'));
    // The flags of this one are those of the environment.
    this.#enter({ ...treeOf(meta, metaPage.freePages, 'free pages'), holds: 'free pages' });
    for (let count = 1; ; count++) {
      const place = this.#places.pop();
      if (place === undefined) return;
      this.#visit(place);
      if (count % turn === 0) await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal);
    }
  }

  #enter({ root, depth, holds }: Tree): void {
    must(depth <= mostLevels && (root === noRoot) === (depth === 0), 'a tree of that depth cannot be');
    if (root !== noRoot) this.#add({ page: Number(root), level: depth, holds });
  }

  #add(place: Place): void {
    this.#file.claim(place.page, 1);
    this.#places.push(place);
  }

  #visit({ page: number, level, holds }: Place): void {
    const page = this.#file.page(number);
    const flags = page.readUInt16LE(pageHeader.flags);
    must(flags === (level === 1 ? pageFlags.leaf : pageFlags.branch), 'a page of the wrong kind');
    const offsets = this.#entries(page, level === 1 ? 1 : 2);
    if (level > 1) for (const at of offsets) this.#add({ page: childOf(page, at), level: level - 1, holds });
    else this.#leaf(page, offsets, holds);
  }

  /** Where the entries of a page are; their heads and keys lie within it. */
  #entries(page: Buffer, fewest: number): number[] {
    const lower = page.readUInt16LE(pageHeader.lower);
    const upper = page.readUInt16LE(pageHeader.upper);
    const room = page.length - pageHeader.size;
    must(lower % 2 === 0 && lower / 2 >= fewest && lower <= upper && upper <= room, 'a page without entries');
    const offsets: number[] = [];
    for (let index = 0; index < lower; index += 2) {
      const at = page.readUInt16LE(pageHeader.size + index) + pageHeader.size;
      must(at % 2 === 0 && at >= upper + pageHeader.size && at + nodeRecord.key <= page.length, 'a stray entry');
      const end = at + nodeRecord.key + page.readUInt16LE(at + nodeRecord.keySize);
      must(end <= page.length, 'a key that is too long');
      offsets.push(at);
    }
    return offsets;
  }

  #leaf(page: Buffer, offsets: readonly number[], holds: Tree['holds']): void {
    // Data on pages of its own is looked at last, since that reads over the page at hand.
    const elsewhere: { readonly data: Buffer; readonly size: number }[] = [];
    for (const at of offsets) {
      const size = page.readUInt32LE(at + nodeRecord.size);
      const flags = page.readUInt16LE(at + nodeRecord.flags);
      const start = at + nodeRecord.key + page.readUInt16LE(at + nodeRecord.keySize);
      const end = start + (flags === nodeFlags.overflow ? overflowRecord.size : size);
      must(end <= page.length, 'data that is too long');
      const data = page.subarray(start, end);
      if (flags === nodeFlags.overflow) elsewhere.push({ data: Buffer.from(data), size });
      else this.#data(data, { flags, holds });
    }
    for (const { data, size } of elsewhere) this.#overflow(data, { size, holds });
  }

  #data(data: Buffer, { flags, holds }: { readonly flags: number; readonly holds: Tree['holds'] }): void {
    must(flags === (holds === 'trees' ? nodeFlags.tree : nodeFlags.none), 'data of the wrong kind');
    if (holds === 'free pages') this.#free(data);
    if (holds !== 'trees') return;
    must(data.length === treeRecord.size && data.readUInt16LE(treeRecord.flags) === 0, 'no tree');
    this.#enter(treeOf(data, 0, 'records'));
  }

  #overflow(data: Buffer, { size, holds }: { readonly size: number; readonly holds: Tree['holds'] }): void {
    must(holds !== 'trees', 'data of the wrong kind');
    const first = Number(data.readBigUInt64LE(overflowRecord.page));
    const count = overflowPages(size, this.#file.pageSize);
    must(data.readBigUInt64LE(overflowRecord.pages) === BigInt(count), 'data on too many pages');
    this.#file.claim(first, count);
    const page = this.#file.page(first);
    const said = page.readUInt32LE(pageHeader.overflow);
    must(page.readUInt16LE(pageHeader.flags) === pageFlags.overflow && said === count, 'no data there');
    const start = first * this.#file.pageSize + pageHeader.size;
    if (holds === 'free pages') this.#free(this.#file.bytes(start, size));
  }

  /** A list of free pages: how many entries, then the entries; one below 0 says how many pages the next one stands for. */
  #free(list: Buffer): void {
    must(list.length >= idBytes && list.length % idBytes === 0, 'no list of free pages');
    const end = (Number(list.readBigUInt64LE(0)) + 1) * idBytes;
    must(end <= list.length, 'a list of free pages that is too long');
    let count = 1;
    for (let at = idBytes; at < end; at += idBytes) {
      const entry = Number(list.readBigInt64LE(at));
      must(count === 1 || entry > 0, 'a free block without a page');
      if (entry > 0) this.#file.claim(entry, count);
      count = entry < 0 ? -entry : 1;
    }
    must(count === 1, 'a free block without a page');
  }
}

function treeOf(bytes: Buffer, at: number, holds: Tree['holds']): Tree {
  return {
    root: bytes.readBigUInt64LE(at + treeRecord.root),
    depth: bytes.readUInt16LE(at + treeRecord.depth),
    holds,
  };
}

/** The page below an entry of a branch: 48 bits. */
function childOf(page: Buffer, at: number): number {
  return page.readUIntLE(at + nodeRecord.size, 6);
}
