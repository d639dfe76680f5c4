import { InternalError } from '../../errors/index.js';
import type { RecordWriter } from '../codec.js';
import type { Entry, Range, ReadTransaction, WriteTransaction } from '../store.js';
import type { Key, Table } from '../table.js';
import type { ChangeBuffer } from './change-buffer.js';
import { encodeKey, encodePrefix } from './key.js';
import { decodeEntry, decodeEntryKey, decodeValue } from './record.js';
import { type Closeable, type RangeOptions, type RangeOwner, RecordIterator } from './record-iterator.js';
import type { Scope } from './scan.js';
import { type EncodedEntry, packValue, toStored, unpack } from './stored-key.js';
import { access, type ByteDatabase, type TableSet, type View } from './tables.js';

/**
 * Reads a state that is held or, without one, through whatever transaction lmdb-js has current: its read transaction,
 * which it renews only between two turns of the event loop and which is therefore one snapshot for a synchronous
 * callback, or the write transaction that runs.
 */
export class LmdbReadTransaction implements ReadTransaction, RangeOwner {
  readonly #tables: TableSet;
  readonly #view: View | undefined;
  #over = false;
  #ranges: Set<Closeable> | undefined;

  /** @param view Which state to read; undefined for the current one. */
  constructor(tables: TableSet, view?: View) {
    this.#tables = tables;
    this.#view = view;
  }

  get<K extends Key, V>(table: Table<K, V>, key: K): V | undefined {
    const stored = toStored(encodeKey(table, key));
    const packed = readBytes(this.database(table), { name: table.name, stored, view: this.#view });
    return packed === undefined ? undefined : decodeValue(table, key, unpack(stored, packed).value);
  }

  has<K extends Key, V>(table: Table<K, V>, key: K): boolean {
    const stored = toStored(encodeKey(table, key));
    return readBytes(this.database(table), { name: table.name, stored, view: this.#view }) !== undefined;
  }

  range<K extends Key, V>(table: Table<K, V>, range: Range = {}): Iterable<Entry<K, V>> {
    return this.#iterate(table, range, (entry) => decodeEntry(table, entry));
  }

  keys<K extends Key, V>(table: Table<K, V>, range: Range = {}): Iterable<K> {
    return this.#iterate(table, range, (entry) => decodeEntryKey(table, entry.key));
  }

  #iterate<K extends Key, V, Item>(
    table: Table<K, V>,
    range: Range,
    decode: (entry: EncodedEntry) => Item,
  ): Iterable<Item> {
    const source = { name: table.name, database: this.database(table), view: this.#view };
    const scope = scopeOf(table, range);
    const limit = range.limit ?? Number.POSITIVE_INFINITY;
    const { onUnreadable } = range;
    return new Records({ decode, source, scope, limit, onUnreadable, owner: this });
  }

  check(): void {
    if (this.#over) throw new InternalError('transaction used after its callback returned');
  }

  changes(): number {
    return 0;
  }

  opened(iterator: Closeable): void {
    this.#ranges ??= new Set();
    this.#ranges.add(iterator);
  }

  closed(iterator: Closeable): void {
    this.#ranges?.delete(iterator);
  }

  /** Makes the transaction unusable and lets go of the cursors of ranges that were not read to their end. */
  end(): void {
    this.#over = true;
    if (this.#ranges === undefined) return;
    for (const iterator of [...this.#ranges]) iterator.close();
  }

  /** The open database of a table, if the transaction may still be used. */
  protected database(table: { readonly name: string }): ByteDatabase {
    this.check();
    return this.#tables.get(table.name);
  }
}

/** Adds writing. Valid only while lmdb-js runs a write transaction. */
export class LmdbWriteTransaction extends LmdbReadTransaction implements WriteTransaction {
  readonly #writer: RecordWriter;
  readonly #log: ChangeBuffer;
  #changes = 0;

  /** @param log Gets every change as LMDB has it. */
  constructor(tables: TableSet, writer: RecordWriter, log: ChangeBuffer) {
    super(tables);
    this.#writer = writer;
    this.#log = log;
  }

  put<K extends Key, V>(table: Table<K, V>, key: K, value: V): void {
    const database = this.database(table);
    const encoded = encodeKey(table, key);
    table.codec.encode(value, this.#writer.reset());
    const packed = packValue(encoded, this.#writer.finish());
    const stored = toStored(encoded);
    access(table.name, () => database.putSync(stored, packed));
    this.#log.put(table.name, stored, packed);
    this.#changes++;
  }

  remove<K extends Key, V>(table: Table<K, V>, key: K): boolean {
    const database = this.database(table);
    const stored = toStored(encodeKey(table, key));
    const removed = access(table.name, () => database.removeSync(stored));
    if (removed) this.#log.remove(table.name, stored);
    this.#changes++;
    return removed;
  }

  override changes(): number {
    return this.#changes;
  }
}

/** Records that can be gone through more than once. A class, since an object with a computed name is slow to make. */
class Records<Item> implements Iterable<Item> {
  readonly #options: RangeOptions<Item>;

  constructor(options: RangeOptions<Item>) {
    this.#options = options;
  }

  [Symbol.iterator](): Iterator<Item> {
    return new RecordIterator(this.#options);
  }
}

interface Lookup {
  readonly name: string;
  readonly stored: Buffer;
  readonly view: View | undefined;
}

/** The bytes of a record, in a buffer that the next read overwrites. */
function readBytes(database: ByteDatabase, { name, stored, view }: Lookup): Buffer | undefined {
  if (view !== undefined) return access(name, () => database.get(stored, view));
  const bytes = access(name, () => database.getBinaryFast(stored));
  // lmdb-js gives out its own large buffer and says only in its length how much of it counts.
  return bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function scopeOf<K extends Key, V>(table: Table<K, V>, { prefix = [], after }: Range): Scope {
  const exact = prefix.length > 0 && prefix.length === table.shape.length;
  return {
    exact,
    // The types of the parts are checked while encoding.
    prefix: exact ? encodeKey(table, prefix as K) : encodePrefix(table, prefix),
    after: after === undefined ? undefined : encodeKey(table, after as K),
  };
}
