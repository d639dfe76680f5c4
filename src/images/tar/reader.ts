import { InvalidArgumentError, ResourceExhaustedError } from '../../errors/index.js';
import type { TarEntry, TarEntryType, TarHandler } from './entry.js';
import { blockSize, isZeroBlock, parseHeader, type TarHeader } from './header.js';
import { parseDecimal, parseTime } from './numbers.js';
import { attributesOf, GNU_SPARSE, mergedRecords, noRecords, type PaxRecords, parseRecords } from './pax.js';
import {
  type DataPart,
  mapOfRecords,
  maxParts,
  partsOfBlock,
  partsOfNumbers,
  requireSound,
  type SparseMap,
  sizeOfStoredMap,
} from './sparse.js';

/** What an archive may have at most. */
export interface TarLimits {
  /** Entries, extended headers not counted. */
  readonly entries: number;
  /** Bytes of content that are stored; holes do not count. */
  readonly bytes: number;
}

/** The most bytes of an extended header, or of a long name (Go: archive/tar, maxSpecialFileSize). */
const MAX_SPECIAL = 2 ** 20;

/** What the parser waits for: a piece of an exact size, or any piece of content, or of what fills a block, up to a size. */
type Wanted = { readonly exactly: number } | { readonly content: number } | { readonly padding: number };
/** A piece, or how many bytes of content are passed over; undefined at the end of the archive. */
type Piece = Buffer | number | undefined;
type Parser<T> = Generator<Wanted, T, Piece>;

const types: Readonly<Record<string, TarEntryType>> = {
  '\0': 'file',
  '0': 'file',
  // Contiguous: no file system knows that any more.
  '7': 'file',
  // Sparse, in GNU's old format.
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** What stands before an entry and is meant for it. */
interface Announced {
  readonly records: PaxRecords;
  readonly name: string | undefined;
  readonly linkName: string | undefined;
}

const nothingAnnounced: Announced = { records: noRecords, name: undefined, linkName: undefined };

/** The types of what stands before an entry: an extended header, and GNU's long names. */
const announcing = new Set(['x', 'L', 'K']);

/**
 * Reads a tar archive of any format that POSIX, GNU tar, star and Go write, piece by piece: V7, ustar, GNU's long names
 * and sparse files, extended headers with attributes, global ones too. Holds one header in memory, up to 1 MiB, and the map
 * of one sparse file. Names and attributes stay bytes.
 */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  readonly #parser: Parser<void>;
  #wanted: Wanted | undefined;
  /** What has come of a piece of an exact size. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #position = 0;
  #entries = 0;
  #bytes = 0;

  /** @param handler Called from within `write`; what it throws goes to the caller of that. */
  constructor(handler: TarHandler, limits: TarLimits) {
    this.#handler = handler;
    this.#limits = limits;
    this.#parser = this.#archive();
    this.#advance(undefined);
  }

  /** Whether the end of the archive was read; what comes behind it is ignored. */
  get ended(): boolean {
    return this.#wanted === undefined;
  }

  /** How many bytes of the archive are read: when an entry begins, where its content does. */
  get position(): number {
    return this.#position;
  }

  /** How many bytes of content come next, which may be passed over. */
  get skippable(): number {
    return this.#wanted !== undefined && 'content' in this.#wanted ? this.#wanted.content : 0;
  }

  /** Passes over all the content that comes next, of which the handler is not told: the caller goes on behind it. */
  skip(): void {
    const bytes = this.skippable;
    if (bytes === 0) return;
    this.#position += bytes;
    this.#advance(bytes);
  }

  /**
   * Takes the next bytes. They are not kept, and may be used for others afterwards.
   * @throws InvalidArgumentError when they are no archive; ResourceExhaustedError when the archive is larger than the limits.
   */
  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#wanted !== undefined; ) at += this.#take(this.#wanted, bytes, at);
  }

  /** There is no more. @throws InvalidArgumentError when the archive ends inside an entry. */
  end(): void {
    if (this.#gatheredBytes > 0) throw truncated();
    while (this.#wanted !== undefined) this.#advance(undefined);
  }

  #take(wanted: Wanted, bytes: Buffer, at: number): number {
    if (!('exactly' in wanted)) {
      const piece = bytes.subarray(at, at + ('content' in wanted ? wanted.content : wanted.padding));
      this.#position += piece.length;
      this.#advance(piece);
      return piece.length;
    }
    const piece = bytes.subarray(at, at + wanted.exactly - this.#gatheredBytes);
    this.#position += piece.length;
    if (piece.length === wanted.exactly) this.#advance(piece);
    else this.#gather(Buffer.from(piece), wanted.exactly);
    return piece.length;
  }

  #gather(piece: Buffer, wanted: number): void {
    this.#gathered.push(piece);
    this.#gatheredBytes += piece.length;
    if (this.#gatheredBytes < wanted) return;
    const whole = Buffer.concat(this.#gathered, wanted);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#advance(whole);
  }

  #advance(piece: Piece): void {
    const { done, value } = this.#parser.next(piece);
    this.#wanted = done === true ? undefined : value;
  }

  *#archive(): Parser<void> {
    let global = noRecords;
    let announced = nothingAnnounced;
    for (;;) {
      const block = yield { exactly: blockSize };
      // Some programs leave the end away.
      if (block === undefined && announced === nothingAnnounced) return;
      if (!Buffer.isBuffer(block)) throw truncated();
      if (isZeroBlock(block)) return;
      const header = parseHeader(block);
      if (header.type === 'g') global = mergedRecords(global, parseRecords(yield* special(header)));
      else if (announcing.has(header.type)) announced = yield* announcement(header, announced);
      else {
        yield* this.#entry(header, { ...announced, records: mergedRecords(global, announced.records) });
        announced = nothingAnnounced;
      }
    }
  }

  *#entry(header: TarHeader, announced: Announced): Parser<void> {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw new ResourceExhaustedError(`archive has more than ${this.#limits.entries} entries`);
    }
    const entry = entryOf(header, announced);
    if (entry.type !== 'file') {
      this.#handler.entry(entry);
      this.#handler.end();
      return;
    }
    const { stored, map } = yield* contentOf(header, announced.records);
    this.#bytes += stored.length;
    if (this.#bytes > this.#limits.bytes) {
      throw new ResourceExhaustedError(`archive has more than ${this.#limits.bytes} bytes of files`);
    }
    requireSound(map, stored.length);
    this.#handler.entry({ ...entry, size: map.size });
    yield* this.#content(map.parts);
    yield* skip(stored.padding);
    this.#handler.end();
  }

  *#content(parts: readonly DataPart[]): Parser<void> {
    for (const { offset, length } of parts) {
      for (let done = 0; done < length; ) {
        const piece = yield { content: length - done };
        if (piece === undefined) throw truncated();
        if (typeof piece === 'number') done += piece;
        else {
          this.#handler.content(piece, offset + done);
          done += piece.length;
        }
      }
    }
  }
}

/** What is meant for the next entry after one more header. */
function* announcement(header: TarHeader, before: Announced): Parser<Announced> {
  const content = yield* special(header);
  if (header.type === 'x') return { ...before, records: parseRecords(content) };
  return header.type === 'L' ? { ...before, name: untilZero(content) } : { ...before, linkName: untilZero(content) };
}

/** How a file is stored, and what that stands for. */
interface StoredContent {
  /** Bytes that follow, and those behind them up to the next block. */
  readonly stored: { readonly length: number; readonly padding: number };
  readonly map: SparseMap;
}

/** Reads what stands before the content of a file. */
function* contentOf(header: TarHeader, records: PaxRecords): Parser<StoredContent> {
  const size = records.get('size');
  const length = size === undefined ? header.size : parseDecimal(size.toString('latin1'), 'a size');
  const stored = { length, padding: paddingOf(length) };
  if (header.sparse !== undefined) {
    const parts = [...header.sparse.parts];
    for (let { more } = header.sparse; more; ) {
      const block = partsOfBlock(yield* exactly(blockSize));
      parts.push(...block.parts);
      ({ more } = block);
      if (parts.length > maxParts)
        throw new ResourceExhaustedError(`archive has a file of more than ${maxParts} parts`);
    }
    return { stored, map: { parts, size: header.sparse.size } };
  }
  const sizeOfStored = sizeOfStoredMap(records);
  if (sizeOfStored !== undefined) return yield* storedMap(length, sizeOfStored);
  return { stored, map: mapOfRecords(records) ?? { parts: [{ offset: 0, length }], size: length } };
}

/** The map before the content (sparse format 1.0): numbers in lines, how many parts first, in whole blocks. */
function* storedMap(length: number, size: number): Parser<StoredContent> {
  const lines: string[] = [];
  let rest = '';
  let read = 0;
  for (let wanted = 1; lines.length < wanted; ) {
    if (read + blockSize > length) throw new InvalidArgumentError('archive has a sparse file without its map');
    const block = yield* exactly(blockSize);
    read += blockSize;
    const found = `${rest}${block.toString('latin1')}`.split('\n');
    rest = found.pop() ?? '';
    for (const line of found) lines.push(line);
    const [count] = lines;
    if (count !== undefined) wanted = 1 + 2 * parseDecimal(count, 'a number of parts');
    if (wanted > 1 + 2 * maxParts) {
      throw new ResourceExhaustedError(`archive has a file of more than ${maxParts} parts`);
    }
    if (lines.length >= wanted) {
      const parts = partsOfNumbers(lines.slice(1, wanted));
      return { stored: { length: length - read, padding: paddingOf(length) }, map: { parts, size } };
    }
  }
  throw new InvalidArgumentError('archive has a sparse file without its map');
}

function entryOf(header: TarHeader, { records, name, linkName }: Announced): TarEntry {
  const own = textOf(records, GNU_SPARSE.NAME) ?? textOf(records, 'path') ?? name ?? header.name;
  const link = textOf(records, 'linkpath') ?? linkName ?? header.linkName;
  const type = typeOf(header.type, own);
  return {
    type,
    name: own,
    linkName: type === 'link' || type === 'symlink' ? link : '',
    mode: header.mode,
    uid: numberOf(records, 'uid') ?? header.uid,
    gid: numberOf(records, 'gid') ?? header.gid,
    size: 0,
    mtimeNs: timeOf(records, 'mtime') ?? header.mtimeNs,
    atimeNs: timeOf(records, 'atime') ?? header.atimeNs,
    major: header.major,
    minor: header.minor,
    attributes: attributesOf(records),
  };
}

function typeOf(flag: string, name: string): TarEntryType {
  const type = types[flag];
  if (type === undefined) {
    throw new InvalidArgumentError(
      `archive has an entry of the type ${JSON.stringify(flag)}, which is none of a layer`,
    );
  }
  // Before POSIX directories were files with a slash at the end.
  return flag === '\0' && name.endsWith('/') ? 'directory' : type;
}

function textOf(records: PaxRecords, key: string): string | undefined {
  const text = records.get(key)?.toString('latin1');
  if (text?.includes('\0') === true) throw new InvalidArgumentError(`archive has a zero byte in a ${key}`);
  return text;
}

function numberOf(records: PaxRecords, key: string): number | undefined {
  const text = records.get(key)?.toString('latin1');
  return text === undefined ? undefined : parseDecimal(text, `a ${key}`);
}

function timeOf(records: PaxRecords, key: string): bigint | undefined {
  const text = records.get(key)?.toString('latin1');
  return text === undefined ? undefined : parseTime(text);
}

function* exactly(bytes: number): Parser<Buffer> {
  const piece = bytes === 0 ? Buffer.alloc(0) : yield { exactly: bytes };
  if (!Buffer.isBuffer(piece)) throw truncated();
  return piece;
}

/** Passes over what fills a block; at the end of an archive some programs leave it away. */
function* skip(bytes: number): Parser<void> {
  for (let left = bytes; left > 0; ) {
    const piece = yield { padding: left };
    if (!Buffer.isBuffer(piece)) return;
    left -= piece.length;
  }
}

/** The content of an extended header or a long name. */
function* special({ size }: TarHeader): Parser<Buffer> {
  if (size > MAX_SPECIAL) throw new ResourceExhaustedError(`archive has a header of ${size} bytes`);
  const bytes = Buffer.from(yield* exactly(size));
  yield* skip(paddingOf(size));
  return bytes;
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

function paddingOf(length: number): number {
  return (blockSize - (length % blockSize)) % blockSize;
}

function truncated(): InvalidArgumentError {
  return new InvalidArgumentError('archive ends too early');
}
