import { ProtocolError } from '../protocol-error.js';
import { decodeHuffman } from './huffman.js';
import { staticTable } from './static-table.js';

/** What the peer may make our table hold, in bytes as HPACK counts them: the default of HTTP/2. */
const maxTableBytes = 4096;

/** What HPACK adds to the bytes of an entry (RFC 7541, section 4.1). */
const entryOverhead = 32;

type Field = readonly [name: string, value: string];

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

  /** Changes with the table: as long as it does not, a block stands for the same fields. */
  get version(): number {
    return this.#version;
  }

  /**
   * Decodes a whole block.
   * @throws ProtocolError COMPRESSION_ERROR when it is malformed; the connection cannot be used any more.
   */
  decode(block: Buffer, range: { readonly start: number; readonly end: number }, sink: FieldSink): void {
    this.#block = block;
    this.#offset = range.start;
    this.#end = range.end;
    let first = true;
    while (this.#offset < this.#end) {
      const byte = block[this.#offset] ?? 0;
      if (byte & 0x80) this.#indexed(sink);
      else if ((byte & 0xe0) === 0x20) this.#resize(first);
      else this.#literal(byte, sink);
      first = first && (byte & 0xe0) === 0x20;
    }
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
  #resize(atBeginning: boolean): void {
    const size = this.#integer(5);
    if (!atBeginning || size > maxTableBytes) throw malformed();
    this.#limit = size;
    this.#version++;
    this.#evict(0);
  }

  #entry(index: number): Field {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.#entries[index - staticTable.length - 1];
    if (entry === undefined) throw malformed();
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

  /** An integer of which the first byte has `prefix` bits (section 5.1). */
  #integer(prefix: number): number {
    const most = (1 << prefix) - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      // Nothing that is worth saying takes more than 28 bits.
      if (shift > 21) throw malformed();
      value += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
  }

  #string(): string {
    const huffman = ((this.#block[this.#offset] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#offset;
    const end = start + length;
    if (end > this.#end) throw malformed();
    this.#offset = end;
    return huffman ? decodeHuffman(this.#block, start, end) : this.#block.toString('latin1', start, end);
  }

  #byte(): number {
    if (this.#offset >= this.#end) throw malformed();
    return this.#block[this.#offset++] ?? 0;
  }
}

function malformed(): ProtocolError {
  return new ProtocolError('COMPRESSION_ERROR', 'malformed header block');
}
