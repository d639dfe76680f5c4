/** Extended headers as POSIX has them (pax): records of a key and a value, of which values are bytes. */
import { InvalidArgumentError } from '../../errors/index.js';

/** Records by their keys, which are binary strings. One with an empty value takes away what a global header said. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

/** No records. */
export const noRecords: PaxRecords = new Map();

/** Keys of extended attributes begin so. */
export const ATTRIBUTE_PREFIX = 'SCHILY.xattr.';

/** Keys about sparse files; GNU tar's. */
export const GNU_SPARSE = {
  NAME: 'GNU.sparse.name',
  SIZE: 'GNU.sparse.size',
  MAP: 'GNU.sparse.map',
  OFFSET: 'GNU.sparse.offset',
  LENGTH: 'GNU.sparse.numbytes',
  MAJOR: 'GNU.sparse.major',
  MINOR: 'GNU.sparse.minor',
  REAL_SIZE: 'GNU.sparse.realsize',
} as const;

const LINE_FEED = 0x0a;
const EQUALS = 0x3d;

/** More digits than the size of any header has. */
const MAX_DIGITS = 10;

/**
 * Reads `<length> <key>=<value>\n`, any number of times. The values are copies. Offsets and lengths of sparse format 0.0,
 * the only keys that come again and again, become one record in the form of format 0.1.
 * @throws InvalidArgumentError when a record is malformed.
 */
export function parseRecords(bytes: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  const numbers: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { key, value, next } = parseRecord(bytes, at);
    if (key === GNU_SPARSE.OFFSET || key === GNU_SPARSE.LENGTH) numbers.push(inTurn(key, value, numbers.length));
    else records.set(key, Buffer.from(value));
    at = next;
  }
  if (numbers.length > 0) records.set(GNU_SPARSE.MAP, Buffer.from(numbers.join(','), 'latin1'));
  return records;
}

function inTurn(key: string, value: Buffer, index: number): string {
  if (key !== (index % 2 === 0 ? GNU_SPARSE.OFFSET : GNU_SPARSE.LENGTH)) throw malformed();
  return value.toString('latin1');
}

function parseRecord(bytes: Buffer, at: number): { key: string; value: Buffer; next: number } {
  const blank = bytes.subarray(at, at + MAX_DIGITS + 1).indexOf(0x20);
  const digits = bytes.toString('latin1', at, at + Math.max(0, blank));
  const next = /^\d+$/.test(digits) ? at + Number(digits) : Number.NaN;
  const start = at + blank + 1;
  if (!(next > start && next <= bytes.length) || bytes[next - 1] !== LINE_FEED) throw malformed();
  const record = bytes.subarray(start, next - 1);
  const equals = record.indexOf(EQUALS);
  if (equals <= 0) throw malformed();
  return { key: record.toString('latin1', 0, equals), value: record.subarray(equals + 1), next };
}

function malformed(): InvalidArgumentError {
  return new InvalidArgumentError('archive has a malformed extended header');
}

/** Global records with those of one entry over them; what is empty is left out. */
export function mergedRecords(global: PaxRecords, own: PaxRecords): PaxRecords {
  if (global.size === 0 && own.size === 0) return noRecords;
  const merged = new Map([...global, ...own]);
  for (const [key, value] of merged) if (value.length === 0 && !key.startsWith(ATTRIBUTE_PREFIX)) merged.delete(key);
  return merged;
}

/** The extended attributes that records set. */
export function attributesOf(records: PaxRecords): ReadonlyMap<string, Buffer> {
  const attributes = new Map<string, Buffer>();
  for (const [key, value] of records) {
    if (key.startsWith(ATTRIBUTE_PREFIX)) attributes.set(key.slice(ATTRIBUTE_PREFIX.length), value);
  }
  return attributes;
}
