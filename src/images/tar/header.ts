/** One block of 512 bytes that begins an entry, in the formats of V7, ustar, star and GNU tar. */
import { InvalidArgumentError } from '../../errors/index.js';
import { parseNumber, wholeSeconds } from './numbers.js';
import { type DataPart, partsOfFields } from './sparse.js';

/** The size of a block: everything in an archive begins at a multiple of it. */
export const blockSize = 512;

/** What a block says. Strings are binary. */
export interface TarHeader {
  /** One character; a zero byte where a format older than POSIX is used. */
  readonly type: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of what follows in the archive. */
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly atimeNs: bigint | undefined;
  readonly major: number;
  readonly minor: number;
  /** Of a sparse file of GNU's old format (type `S`). */
  readonly sparse: OldSparse | undefined;
}

/** What the header of a sparse file of GNU's old format says about its content. */
export interface OldSparse {
  readonly parts: readonly DataPart[];
  /** Whether a block with more parts follows. */
  readonly more: boolean;
  /** The size with holes. */
  readonly size: number;
}

/** Where fields begin and end. */
const FIELD = {
  NAME: [0, 100],
  MODE: [100, 108],
  UID: [108, 116],
  GID: [116, 124],
  SIZE: [124, 136],
  MTIME: [136, 148],
  CHECKSUM: [148, 156],
  TYPE: [156, 157],
  LINK_NAME: [157, 257],
  MAGIC: [257, 265],
  MAJOR: [329, 337],
  MINOR: [337, 345],
  PREFIX: [345, 500],
  STAR_PREFIX: [345, 476],
  STAR_ATIME: [476, 488],
  STAR_TRAILER: [508, 512],
  GNU_ATIME: [345, 357],
  GNU_PARTS: [386, 482],
  GNU_MORE: [482, 483],
  GNU_REAL_SIZE: [483, 495],
} as const;

const USTAR = 'ustar\0';
const GNU = 'ustar  \0';
const STAR = 'tar\0';
const MODE_BITS = 0o7777;

function field(block: Buffer, [start, end]: readonly [number, number]): Buffer {
  return block.subarray(start, end);
}

function text(block: Buffer, place: readonly [number, number]): string {
  const bytes = field(block, place);
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

/** Whether a block is all zeros, as those at the end of an archive are. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Reads a header.
 * @throws InvalidArgumentError when its checksum is wrong or a number malformed.
 */
export function parseHeader(block: Buffer): TarHeader {
  requireChecksum(block);
  const type = field(block, FIELD.TYPE).toString('latin1');
  const magic = field(block, FIELD.MAGIC).toString('latin1');
  const size = parseNumber(field(block, FIELD.SIZE));
  if (size < 0) throw new InvalidArgumentError(`archive header has the size ${size}`);
  const known = magic.startsWith(USTAR) || magic === GNU;
  return {
    type,
    name: `${prefixOf(block, magic)}${text(block, FIELD.NAME)}`,
    linkName: text(block, FIELD.LINK_NAME),
    mode: parseNumber(field(block, FIELD.MODE)) & MODE_BITS,
    uid: parseNumber(field(block, FIELD.UID)),
    gid: parseNumber(field(block, FIELD.GID)),
    size,
    mtimeNs: wholeSeconds(parseNumber(field(block, FIELD.MTIME))),
    atimeNs: atimeOf(block, magic),
    major: known ? parseNumber(field(block, FIELD.MAJOR)) : 0,
    minor: known ? parseNumber(field(block, FIELD.MINOR)) : 0,
    sparse: type === 'S' ? oldSparse(block) : undefined,
  };
}

/** The sum of all bytes, those of the sum itself taken for blanks. Some programs take bytes for signed numbers. */
function requireChecksum(block: Buffer): void {
  const [start, end] = FIELD.CHECKSUM;
  const blanks = (end - start) * 0x20;
  let [unsigned, signed] = [blanks, blanks];
  for (const [index, byte] of block.entries()) {
    if (index >= start && index < end) continue;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const stated = octalOf(text(block, FIELD.CHECKSUM));
  if (stated !== unsigned && stated !== signed) {
    throw new InvalidArgumentError('archive header has a wrong checksum: this is no tar archive, or a damaged one');
  }
}

function octalOf(digits: string): number {
  const trimmed = digits.trim();
  return /^[0-7]+$/.test(trimmed) ? Number.parseInt(trimmed, 8) : Number.NaN;
}

function isStar(block: Buffer, magic: string): boolean {
  return magic.startsWith(USTAR) && field(block, FIELD.STAR_TRAILER).toString('latin1') === STAR;
}

/** The directories of a long name. GNU's format has other things in their place. */
function prefixOf(block: Buffer, magic: string): string {
  if (!magic.startsWith(USTAR)) return '';
  const prefix = text(block, isStar(block, magic) ? FIELD.STAR_PREFIX : FIELD.PREFIX);
  return prefix === '' ? '' : `${prefix}/`;
}

function atimeOf(block: Buffer, magic: string): bigint | undefined {
  const place = magic === GNU ? FIELD.GNU_ATIME : isStar(block, magic) ? FIELD.STAR_ATIME : undefined;
  if (place === undefined || (block[place[0]] ?? 0) === 0) return undefined;
  return wholeSeconds(parseNumber(field(block, place)));
}

function oldSparse(block: Buffer): OldSparse {
  return {
    parts: partsOfFields(field(block, FIELD.GNU_PARTS)),
    more: field(block, FIELD.GNU_MORE)[0] !== 0,
    size: parseNumber(field(block, FIELD.GNU_REAL_SIZE)),
  };
}
