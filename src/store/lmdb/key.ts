/**
 * How a tuple becomes bytes whose order is the order of the tuples.
 *
 * A string part is its UTF-8 bytes; NUL ends it unless it is the last part, which goes to the end of the key. A number
 * is eight bytes, most significant first. The order of strings is thus the order of their UTF-8 bytes, as in bbolt,
 * and not that of JavaScript, which compares UTF-16 units.
 *
 * LMDB has no empty key. It could only come from a table whose key is one string, or nothing: there a key that is
 * empty or begins with NUL is preceded by one more NUL, which keeps keys apart and in order.
 */
import { InternalError, InvalidArgumentError } from '../../errors/index.js';
import type { Key, KeyPart, Table } from '../table.js';

const NUMBER_BYTES = 8;
const TWO_TO_32 = 2 ** 32;
const NUL = 0;
const nulByte = Buffer.of(NUL);
const loneSurrogate = /\p{Surrogate}/u;

type Shape = readonly ('string' | 'number')[];

/** What the encoder needs to know about a table. */
export type KeyedTable<K extends Key> = Pick<Table<K, never>, 'name' | 'shape'>;

/**
 * The bytes of a complete key.
 * @throws InvalidArgumentError when a part cannot be stored: NUL inside a string that is not the last part, text that
 * is not well-formed Unicode, a number that is not whole or out of range.
 * @throws InternalError when the key does not have the shape of the table.
 */
export function encodeKey<K extends Key>(table: KeyedTable<K>, key: K): Buffer {
  const shape: Shape = table.shape;
  if (key.length !== shape.length) {
    throw new InternalError(`key of table "${table.name}" has ${key.length} parts, want ${shape.length}`);
  }
  return encodeParts(table, key);
}

/**
 * The bytes with which every key begins whose first parts are those of `prefix`; `prefix` is shorter than a key.
 * @throws InvalidArgumentError, InternalError as {@link encodeKey}.
 */
export function encodePrefix<K extends Key>(table: KeyedTable<K>, prefix: Key): Buffer {
  const shape: Shape = table.shape;
  if (prefix.length >= shape.length) {
    throw new InternalError(
      `prefix of table "${table.name}" has ${prefix.length} parts, want fewer than ${shape.length}`,
    );
  }
  return encodeParts(table, prefix);
}

function encodeParts<K extends Key>(table: KeyedTable<K>, parts: Key): Buffer {
  const shape: Shape = table.shape;
  const last = shape.length - 1;
  let size = 0;
  for (let index = 0; index < parts.length; index++) size += partSize(table, { parts, index, last });
  const bytes = Buffer.allocUnsafe(size);
  let position = 0;
  for (let index = 0; index < parts.length; index++) {
    position = writePart(bytes, { part: parts[index], position, last: index === last });
  }
  return needsMark(shape) && parts.length === shape.length && (size === 0 || bytes[0] === NUL)
    ? Buffer.concat([nulByte, bytes])
    : bytes;
}

/** Whether keys of this shape could be empty. */
function needsMark(shape: Shape): boolean {
  return shape.length === 0 || (shape.length === 1 && shape[0] === 'string');
}

interface Place {
  readonly parts: Key;
  readonly index: number;
  readonly last: number;
}

function partSize<K extends Key>(table: KeyedTable<K>, place: Place): number {
  const part = place.parts[place.index];
  const shape: Shape = table.shape;
  if (typeof part !== shape[place.index]) {
    throw new InternalError(
      `part ${place.index + 1} of a key of table "${table.name}" is a ${typeof part}, want a ${shape[place.index]}`,
    );
  }
  if (typeof part === 'string') return textSize(part, place.index === place.last);
  if (!Number.isSafeInteger(part) || part === undefined || part < 0) {
    throw new InvalidArgumentError(`number ${part} in a key is not a whole number from 0 to 2^53 - 1`);
  }
  return NUMBER_BYTES;
}

function textSize(text: string, last: boolean): number {
  const size = Buffer.byteLength(text);
  // As many bytes as units means that it is all ASCII.
  if (size !== text.length && loneSurrogate.test(text)) {
    throw new InvalidArgumentError(`${quote(text)} is not well-formed Unicode`);
  }
  if (last) return size;
  if (text.includes('\0')) throw new InvalidArgumentError(`${quote(text)} contains a NUL character`);
  return size + 1;
}

interface PartToWrite {
  readonly part: KeyPart | undefined;
  readonly position: number;
  readonly last: boolean;
}

function writePart(bytes: Buffer, { part, position, last }: PartToWrite): number {
  if (typeof part === 'number') {
    bytes.writeUInt32BE(Math.floor(part / TWO_TO_32), position);
    return bytes.writeUInt32BE(part % TWO_TO_32, position + 4);
  }
  const end = position + bytes.write(part ?? '', position);
  return last ? end : bytes.writeUInt8(NUL, end);
}

/**
 * The key behind encoded bytes.
 * @throws RangeError when they are not what {@link encodeKey} makes for this table.
 */
export function decodeKey<K extends Key>(table: KeyedTable<K>, bytes: Buffer): K {
  const shape: Shape = table.shape;
  const parts: KeyPart[] = [];
  let position = needsMark(shape) && bytes[0] === NUL ? 1 : 0;
  for (const [index, kind] of shape.entries()) {
    const last = index === shape.length - 1;
    const { part, end } = kind === 'number' ? readNumber(bytes, position) : readText(bytes, { position, last });
    parts.push(part);
    position = end;
  }
  if (position !== bytes.length) throw new RangeError('The key is longer than its parts');
  // The shape says that these are the parts of a K.
  return parts as unknown as K;
}

interface ReadPart {
  readonly part: KeyPart;
  readonly end: number;
}

function readNumber(bytes: Buffer, position: number): ReadPart {
  const part = bytes.readUInt32BE(position) * TWO_TO_32 + bytes.readUInt32BE(position + 4);
  if (!Number.isSafeInteger(part)) throw new RangeError('The key holds a number beyond 2^53');
  return { part, end: position + NUMBER_BYTES };
}

function readText(bytes: Buffer, { position, last }: { position: number; last: boolean }): ReadPart {
  if (last) return { part: bytes.toString('utf8', position), end: bytes.length };
  const end = bytes.indexOf(NUL, position);
  if (end === -1) throw new RangeError('The key ends inside a text');
  return { part: bytes.toString('utf8', position, end), end: end + 1 };
}

const QUOTED_LENGTH = 200;

/** A text or a key for a message, cut when it is long. */
export function quote(value: string | Key): string {
  const text = JSON.stringify(value);
  return text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}...` : text;
}
