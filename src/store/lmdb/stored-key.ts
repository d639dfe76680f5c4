/**
 * How keys longer than LMDB allows (1978 bytes) are stored.
 *
 * A key of {@link longKeyBytes} or more is stored as its first `longKeyBytes` bytes and the SHA-256 of the whole, and
 * its value is preceded by the whole key. A stored key of that full length is always such a one, so that short and
 * long keys cannot collide. Stored keys lie in the right order, except among keys that share their first
 * `longKeyBytes` bytes (a *run*): these lie side by side, and whoever lists them sorts them.
 */
import { createHash } from 'node:crypto';

/** From this length on a key is stored in its long form. */
export const longKeyBytes = 1900;

const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

/** Whether an encoded key is stored in its long form. */
export function isLong(key: Buffer): boolean {
  return key.length >= longKeyBytes;
}

/** Whether a stored key is the long form of one. */
export function isLongForm(stored: Buffer): boolean {
  return stored.length === longKeyBytes + HASH_BYTES;
}

/** What a stored key has in common with its run. */
export function runOf(stored: Buffer): Buffer {
  return stored.subarray(0, longKeyBytes);
}

/** The key under which LMDB has the record. */
export function toStored(key: Buffer): Buffer {
  if (!isLong(key)) return key;
  return Buffer.concat([runOf(key), createHash('sha256').update(key).digest()]);
}

/** The value that LMDB has for the record: with the whole key in front if the key is long. */
export function packValue(key: Buffer, value: Buffer): Buffer {
  if (!isLong(key)) return value;
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32BE(key.length);
  return Buffer.concat([length, key, value]);
}

/** A record with its whole key. `value` is undefined when the stored bytes do not hold the key they should hold. */
export interface EncodedEntry {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** The record behind a stored key and value. */
export function unpack(stored: Buffer, packed: Buffer): EncodedEntry {
  if (!isLongForm(stored)) return { key: stored, value: packed };
  const start = LENGTH_BYTES;
  const end = packed.length < start ? Number.POSITIVE_INFINITY : start + packed.readUInt32BE(0);
  if (end > packed.length || end - start < longKeyBytes) return { key: stored, value: undefined };
  return { key: packed.subarray(start, end), value: packed.subarray(end) };
}
