import { DataLossError } from '../../errors/index.js';
import { RecordReader } from '../codec.js';
import type { Entry } from '../store.js';
import type { Key, Table } from '../table.js';
import { decodeKey, quote } from './key.js';
import type { EncodedEntry } from './stored-key.js';

/**
 * The value of a record.
 * @throws DataLossError when the bytes are not what the table's codec writes.
 */
export function decodeValue<K extends Key, V>(table: Table<K, V>, key: K, bytes: Buffer | undefined): V {
  try {
    if (bytes === undefined) throw new RangeError('The record does not hold its key');
    return table.codec.decode(new RecordReader(bytes));
  } catch (error) {
    throw unreadable(table.name, quote(key), error);
  }
}

/**
 * A record with its key.
 * @throws DataLossError when the key or the value cannot be decoded.
 */
export function decodeEntry<K extends Key, V>(table: Table<K, V>, entry: EncodedEntry): Entry<K, V> {
  const key = decodeEntryKey(table, entry.key);
  return { key, value: decodeValue(table, key, entry.value) };
}

/** The key of a record. @throws DataLossError when it cannot be decoded. */
export function decodeEntryKey<K extends Key, V>(table: Table<K, V>, bytes: Buffer): K {
  try {
    return decodeKey(table, bytes);
  } catch (error) {
    throw unreadable(table.name, quote(bytes.toString('hex')), error);
  }
}

function unreadable(table: string, key: string, cause: unknown): DataLossError {
  return new DataLossError(`record of table "${table}" with key ${key} cannot be read`, { cause });
}
