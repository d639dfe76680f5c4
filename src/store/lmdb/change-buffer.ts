/**
 * The changes of a commit as bytes, one behind the other, as the log keeps them: what to do, the name of the table, the
 * key and the value as LMDB has them. Doing them again gives the same records, also when some are done already.
 */

/** One change of one record, as LMDB has it. */
export interface LoggedChange {
  readonly table: string;
  readonly key: Buffer;
  /** Undefined for a removal. */
  readonly value: Buffer | undefined;
}

/** Room that is left in front of the changes, for the head of the log's record. */
export const recordHeadBytes = 64;

const kinds = { remove: 0, put: 1 } as const;
const lengthBytes = 4;
const initialBytes = 16 * 1024;

/** What is kept for the next commit at most, in bytes. */
const largestKept = 1024 * 1024;

/** Gathers the changes of one commit after the other. */
export class ChangeBuffer {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #end = recordHeadBytes;

  /** Whether there are no changes. */
  get empty(): boolean {
    return this.#end === recordHeadBytes;
  }

  /** Where the next change goes; see {@link rewind}. */
  get mark(): number {
    return this.#end;
  }

  /** The room for the head, and the changes behind it. Valid until the buffer is changed. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** The same with zeros behind it, up to a multiple of a size. */
  padded(size: number): Buffer {
    const length = Math.ceil(this.#end / size) * size;
    this.#reserve(length - this.#end);
    return this.#bytes.fill(0, this.#end, length).subarray(0, length);
  }

  /** Forgets all changes. */
  reset(): void {
    if (this.#bytes.length > largestKept) this.#bytes = Buffer.allocUnsafe(initialBytes);
    this.#end = recordHeadBytes;
  }

  /** Forgets the changes since a mark. */
  rewind(mark: number): void {
    this.#end = mark;
  }

  put(table: string, key: Buffer, value: Buffer): void {
    this.#begin(kinds.put, table, lengthBytes + key.length + lengthBytes + value.length);
    this.#part(key);
    this.#part(value);
  }

  remove(table: string, key: Buffer): void {
    this.#begin(kinds.remove, table, lengthBytes + key.length);
    this.#part(key);
  }

  #begin(kind: number, table: string, more: number): void {
    const name = Buffer.byteLength(table);
    this.#reserve(1 + lengthBytes + name + more);
    this.#bytes[this.#end++] = kind;
    this.#end = this.#bytes.writeUInt32LE(name, this.#end);
    this.#end += this.#bytes.write(table, this.#end, 'utf8');
  }

  #part(bytes: Buffer): void {
    this.#end = this.#bytes.writeUInt32LE(bytes.length, this.#end);
    this.#end += bytes.copy(this.#bytes, this.#end);
  }

  #reserve(bytes: number): void {
    const wanted = this.#end + bytes;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

/**
 * The changes in what a {@link ChangeBuffer} gathered.
 * @param bytes Without the room for the head.
 * @throws RangeError when they end too early or hold something else.
 */
export function* readChanges(bytes: Buffer): Generator<LoggedChange, void, undefined> {
  let at = 0;
  const part = (): Buffer => {
    const start = at + lengthBytes;
    at = start + bytes.readUInt32LE(at);
    if (at > bytes.length) throw new RangeError('The log ends inside a change');
    return bytes.subarray(start, at);
  };
  while (at < bytes.length) {
    const kind = bytes[at++];
    if (kind !== kinds.put && kind !== kinds.remove) throw new RangeError(`The log holds a change of kind ${kind}`);
    const table = part().toString('utf8');
    const key = part();
    yield { table, key, value: kind === kinds.put ? part() : undefined };
  }
}
