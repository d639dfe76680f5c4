import { type HeaderDecoder, malformedBlock, maxTableBytes } from './hpack/decoder.js';
import { fieldExtent } from './hpack/field-extent.js';
import { ProtocolError } from './protocol-error.js';
import { type HeaderContent, RequestBuilder } from './request-headers.js';

/** Huffman code makes a character up to 30 bits long. */
const worstHuffman = 30 / 8;

/** A block may be so many times as large as the limit; beyond that it is a flood, and no request. */
const mostRefused = 64;

/** The least that a frame counts for: frames of a few bytes cost more than their content. */
const leastCounted = 1024;

/**
 * A header block of several frames, decoded as it arrives. It holds the fields, until they are too large, and one field that
 * has not arrived in full; the rest of a block that is too large is decoded and dropped.
 */
export class ContinuedBlock {
  readonly #decoder: HeaderDecoder;
  readonly #builder: RequestBuilder;
  readonly #limit: number;
  /** The largest field that is held until it is whole. What is larger is larger than the decoder's table too. */
  readonly #largestField: number;
  /** What could not be decoded yet. */
  #parts: Buffer[] = [];
  #held = 0;
  /** With less than that no field is whole. */
  #needed = 0;
  /** How much of a value is still to be passed over. */
  #skip = 0;
  #counted = 0;

  /** @param limit How large the headers of a request may be, in bytes as HTTP/2 counts them. */
  constructor(decoder: HeaderDecoder, limit: number) {
    this.#decoder = decoder;
    this.#builder = new RequestBuilder(limit);
    this.#limit = limit;
    this.#largestField = Math.max(limit, Math.ceil(maxTableBytes * worstHuffman));
    decoder.begin();
  }

  /**
   * Takes what a frame brought of the block.
   * @throws ProtocolError COMPRESSION_ERROR when it is malformed, ENHANCE_YOUR_CALM when it does not come to an end.
   */
  add(bytes: Buffer, start: number, end: number): void {
    this.#counted += Math.max(end - start, leastCounted);
    if (this.#counted > mostRefused * this.#limit) throw flood();
    const skipped = Math.min(this.#skip, end - start);
    this.#skip -= skipped;
    this.#parts.push(Buffer.from(bytes.subarray(start + skipped, end)));
    this.#held += end - start - skipped;
    if (this.#held > 0 && this.#held >= this.#needed) this.#decode();
  }

  /** The block is complete: what it turned out to be. @throws ProtocolError COMPRESSION_ERROR when it ends within a field. */
  finish(): HeaderContent {
    if (this.#held > 0 || this.#skip > 0) throw malformedBlock();
    return this.#builder.finish();
  }

  /** Decodes the fields that are whole, and holds the rest. */
  #decode(): void {
    const bytes = Buffer.concat(this.#parts);
    let whole = 0;
    let next = fieldExtent(bytes, whole);
    while (next.end <= bytes.length) {
      whole = next.end;
      next = fieldExtent(bytes, whole);
    }
    this.#decoder.decodePart(bytes, { start: 0, end: whole }, this.#builder.add);
    this.#hold(bytes.subarray(whole));
    this.#needed = next.end - whole;
    if (this.#needed <= this.#largestField) return;
    // Nobody has such a name.
    if (next.value === undefined) throw flood();
    this.#decoder.skipOversized(bytes[whole] ?? 0);
    this.#builder.count(this.#needed);
    this.#skip = next.end - bytes.length;
    this.#hold(Buffer.alloc(0));
    this.#needed = 0;
  }

  #hold(rest: Buffer): void {
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#held = rest.length;
  }
}

function flood(): ProtocolError {
  return new ProtocolError('ENHANCE_YOUR_CALM', 'headers are too large');
}
