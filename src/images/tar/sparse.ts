/** Which parts of a sparse file are stored, in the four ways in which GNU tar has written it. */
import { InvalidArgumentError } from '../../errors/index.js';
import { parseDecimal, parseNumber } from './numbers.js';
import { GNU_SPARSE, type PaxRecords } from './pax.js';

/** A part of a file that is stored; what lies between parts is a hole. */
export interface DataPart {
  readonly offset: number;
  readonly length: number;
}

/** The content of a file: its parts in their order, and its size with the holes. */
export interface SparseMap {
  readonly parts: readonly DataPart[];
  readonly size: number;
}

/** The most parts of one file. GNU tar writes one for each hole of the file system, which has blocks of 4 KiB. */
export const maxParts = 1_000_000;

const NUMBER_WIDTH = 12;

/** The parts of GNU's old format: pairs of numbers, up to the first that is empty. */
export function partsOfFields(fields: Buffer): DataPart[] {
  const parts: DataPart[] = [];
  for (let at = 0; at + 2 * NUMBER_WIDTH <= fields.length; at += 2 * NUMBER_WIDTH) {
    const [offset, length] = [fields.subarray(at, at + NUMBER_WIDTH), fields.subarray(at + NUMBER_WIDTH)];
    if (offset[0] === 0) break;
    parts.push({ offset: parseNumber(offset), length: parseNumber(length.subarray(0, NUMBER_WIDTH)) });
  }
  return parts;
}

/** What a block with further parts of GNU's old format says. */
export function partsOfBlock(block: Buffer): { readonly parts: readonly DataPart[]; readonly more: boolean } {
  return { parts: partsOfFields(block.subarray(0, 504)), more: block[504] !== 0 };
}

/**
 * The map in the records of an extended header (formats 0.0 and 0.1); undefined when there is none.
 * @throws InvalidArgumentError when it is malformed.
 */
export function mapOfRecords(records: PaxRecords): SparseMap | undefined {
  const size = records.get(GNU_SPARSE.SIZE);
  const map = records.get(GNU_SPARSE.MAP);
  if (size === undefined || map === undefined) return undefined;
  const numbers = map.toString('latin1');
  const parts = partsOfNumbers(numbers === '' ? [] : numbers.split(',', 2 * maxParts + 1));
  return { parts, size: parseDecimal(size.toString('latin1'), 'the size of a sparse file') };
}

/** Whether the map stands before the content (format 1.0), and the size with holes. */
export function sizeOfStoredMap(records: PaxRecords): number | undefined {
  const [major, minor] = [records.get(GNU_SPARSE.MAJOR), records.get(GNU_SPARSE.MINOR)];
  const size = records.get(GNU_SPARSE.REAL_SIZE);
  if (major?.toString('latin1') !== '1' || minor?.toString('latin1') !== '0' || size === undefined) return undefined;
  return parseDecimal(size.toString('latin1'), 'the size of a sparse file');
}

/** Parts from offsets and lengths in turn. */
export function partsOfNumbers(numbers: readonly string[]): DataPart[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * maxParts) throw malformed();
  const parts: DataPart[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [offset, length] = [numbers[at] ?? '', numbers[at + 1] ?? ''];
    parts.push({ offset: parseDecimal(offset, 'an offset'), length: parseDecimal(length, 'a length') });
  }
  return parts;
}

/**
 * @throws InvalidArgumentError when the parts are out of order, overlap, lie behind the end of the file, or are not as
 * long as what is stored.
 */
export function requireSound({ parts, size }: SparseMap, stored: number): void {
  let [end, sum] = [0, 0];
  for (const { offset, length } of parts) {
    if (offset < end || length < 0 || offset + length > size) throw malformed();
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw malformed();
}

function malformed(): InvalidArgumentError {
  return new InvalidArgumentError('archive has a sparse file with a malformed map');
}
