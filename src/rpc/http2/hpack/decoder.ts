import { ProtocolError } from '../protocol-error.js';
import { decodeHuffman } from './huffman.js';
import { staticTable } from './static-table.js';

/** What the peer may make our table hold, in bytes as HPACK counts them: the default of HTTP/2. */
export const maxTableBytes = 4096;

/** What HPACK adds to the bytes of an entry (RFC 7541, section 4.1). */
const entryOverhead = 32;

type Field = readonly [name: string, value: string];

/** A part of a buffer. */
export interface BlockRange {
  readonly start: number;
  readonly end: number;
}

/** Takes the fields of a header block, in their order. */
export type FieldSink = (name: string, value: string) => void;

/** Decodes the header blocks of one connection, in their order: each may change what the next ones refer to (RFC 7541). */
export class HeaderDecoder {
  /** Newest first. */
  readonly #entries: Field[] = [];
  #bytes = 0;
  #limit = maxTableBytes;
  #version = 0;
  #block: Buffer = Buffer.alloc(0);
  #offset = 0;
  #end = 0;
  #atBeginning = true;

  /** Changes with the table: as long as it does not, a block stands for the same fields. */
  get version(): number {
    return this.#version;
  }

  /**
   * Decodes a whole block.
   * @throws ProtocolError COMPRESSION_ERROR when it is malformed; the connection cannot be used any more.
   */
  decode(block: Buffer, range: BlockRange, sink: FieldSink): void {
    this.begin();
    this.decodePart(block, range, sink);
  }

  /** Begins a block that comes in parts. */
  begin(): void {
    this.#atBeginning = true;
  }

  /**
   * Decodes a part of a block that consists of whole fields.
   * @throws ProtocolError COMPRESSION_ERROR when it is malformed; the connection cannot be used any more.
   */
  decodePart(block: Buffer, range: BlockRange, sink: FieldSink): void {
    this.#block = block;
    this.#offset = range.start;
    this.#end = range.end;
    while (this.#offset < this.#end) {
      const byte = block[this.#offset] ?? 0;
      if ((byte & 0xe0) === 0x20) {
        this.#resize();
        continue;
      }
      this.#atBeginning = false;
      if (byte & 0x80) this.#indexed(sink);
      else this.#literal(byte, sink);
    }
  }

  /** Passes over a literal that is larger than the whole table. @param first Its first byte, which says whether it is kept. */
  skipOversized(first: number): void {
    this.#atBeginning = false;
    if ((first & 0xc0) !== 0x40) return;
    this.#version++;
    this.#evict(maxTableBytes);
  }

  #indexed(sink: FieldSink): void {
    const [name, value] = this.#entry(this.#integer(7));
    sink(name, value);
  }

  #literal(byte: number, sink: FieldSink): void {
    const kept = (byte & 0xc0) === 0x40;
    const index = this.#integer(kept ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    const value = this.#string();
    if (kept) this.#insert([name, value]);
    sink(name, value);
  }

  /** A change of the table's size may only stand at the beginning of a block (section 4.2). */
  #resize(): void {
    const size = this.#integer(5);
    if (!this.#atBeginning || size > maxTableBytes) throw malformedBlock();
    this.#limit = size;
    this.#version++;
    this.#evict(0);
  }

  #entry(index: number): Field {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.#entries[index - staticTable.length - 1];
    if (entry === undefined) throw malformedBlock();
    return entry;
  }

  #insert(entry: Field): void {
    this.#version++;
    const bytes = entry[0].length + entry[1].length + entryOverhead;
    this.#evict(bytes);
    // One that is larger than the table only empties it (section 4.4).
    if (bytes > this.#limit) return;
    this.#entries.unshift(entry);
    this.#bytes += bytes;
  }

  #evict(needed: number): void {
    while (this.#bytes > 0 && this.#bytes + needed > this.#limit) {
      const [name, value] = this.#entries.pop() ?? ['', ''];
      this.#bytes -= name.length + value.length + entryOverhead;
    }
  }

  /** An integer with a prefix of `prefix` bits in its first byte (section 5.1). */
  #integer(prefix: number): number {
    const most = (1 << prefix) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      // No sensible value takes more than 28 bits.
      if (shift > 21) throw malformedBlock();
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  }

  #string(): string {
    const huffman = ((this.#block[this.#offset] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#offset;
    const end = start + length;
    if (end > this.#end) throw malformedBlock();
    this.#offset = end;
    return huffman ? decodeHuffman(this.#block, start, end) : this.#block.toString('latin1', start, end);
  }

  #byte(): number {
    if (this.#offset >= this.#end) throw malformedBlock();
    return this.#block[this.#offset++] ?? 0;
  }
}

/** The error for a header block that cannot be decoded, which ends the connection. */
export function malformedBlock(): ProtocolError {
  return new ProtocolError('COMPRESSION_ERROR', 'malformed header block');
}
