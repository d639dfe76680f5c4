import type { Frame } from './frame-reader.js';
import { flags } from './frames.js';
import { HeaderDecoder } from './hpack/decoder.js';
import { ProtocolError } from './protocol-error.js';
import { RequestBuilder, type RequestHeaders } from './request-headers.js';

/** What a header block turned out to be. */
export interface ReceivedHeaders {
  /** Undefined when it makes no request that is well formed. */
  readonly request: RequestHeaders | undefined;
  /** Nothing follows on the stream. */
  readonly last: boolean;
}

interface Unfinished {
  readonly stream: number;
  readonly last: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/** A block that is longer than this is not remembered: its fields are spelled out, as in the first of a connection. */
const longestRemembered = 64;

/** How many blocks are remembered. A client repeats as many as it calls different methods. */
const mostRemembered = 32;

/** Puts header blocks together that come in several frames, and decodes them. */
export class HeaderReceiver {
  readonly #decoder = new HeaderDecoder();
  readonly #limit: number;
  readonly #sink: (stream: number, headers: ReceivedHeaders) => void;
  #unfinished: Unfinished | undefined;
  /** Requests by the bytes of their headers, which clients repeat from call to call; as long as they mean the same. */
  readonly #known = new Map<string, RequestHeaders>();

  /** @param limit How large the headers of a request may be, in bytes. */
  constructor(limit: number, sink: (stream: number, headers: ReceivedHeaders) => void) {
    this.#limit = limit;
    this.#sink = sink;
  }

  /** Whether a block has begun and not ended. */
  get receiving(): boolean {
    return this.#unfinished !== undefined;
  }

  /** Takes a HEADERS frame. @throws ProtocolError when it is malformed or too large. */
  begin(frame: Frame): void {
    if (frame.stream === 0) throw new ProtocolError('PROTOCOL_ERROR', 'headers on the connection');
    const { start, end } = fragment(frame);
    const last = (frame.flags & flags.END_STREAM) !== 0;
    if (frame.flags & flags.END_HEADERS) {
      this.#decode(frame.bytes, { start, end, stream: frame.stream, last });
      return;
    }
    const part = Buffer.from(frame.bytes.subarray(start, end));
    this.#unfinished = { stream: frame.stream, last, parts: [part], bytes: part.length };
  }

  /** Takes a CONTINUATION frame. @throws ProtocolError when it continues nothing or makes the block too large. */
  continue({ stream, bytes, start, end, flags: set }: Frame): void {
    const unfinished = this.#unfinished;
    if (unfinished?.stream !== stream) throw new ProtocolError('PROTOCOL_ERROR', 'a continuation of nothing');
    unfinished.parts.push(Buffer.from(bytes.subarray(start, end)));
    unfinished.bytes += end - start;
    // Also empty ones count, of which any number could come.
    if (unfinished.bytes + unfinished.parts.length * 32 > this.#limit) throw tooLarge();
    if ((set & flags.END_HEADERS) === 0) return;
    this.#unfinished = undefined;
    const block = Buffer.concat(unfinished.parts);
    this.#decode(block, { start: 0, end: block.length, stream, last: unfinished.last });
  }

  #decode(block: Buffer, at: { start: number; end: number; stream: number; last: boolean }): void {
    this.#sink(at.stream, { request: this.#requestOf(block, at), last: at.last });
  }

  #requestOf(block: Buffer, at: { start: number; end: number }): RequestHeaders | undefined {
    if (at.end - at.start > longestRemembered) return this.#read(block, at);
    const bytes = block.toString('latin1', at.start, at.end);
    const known = this.#known.get(bytes);
    if (known !== undefined) return known;
    const before = this.#decoder.version;
    const request = this.#read(block, at);
    // A block that changed what later ones refer to must be read each time.
    if (request !== undefined && this.#decoder.version === before) this.#remember(bytes, request);
    return request;
  }

  #read(block: Buffer, at: { start: number; end: number }): RequestHeaders | undefined {
    const before = this.#decoder.version;
    const builder = new RequestBuilder();
    this.#decoder.decode(block, at, builder.add);
    if (this.#decoder.version !== before) this.#known.clear();
    // A block of a few bytes can refer to large entries many times over.
    if (builder.bytes > this.#limit) throw tooLarge();
    return builder.finish();
  }

  #remember(bytes: string, request: RequestHeaders): void {
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(bytes, request);
  }
}

function tooLarge(): ProtocolError {
  return new ProtocolError('ENHANCE_YOUR_CALM', 'headers are too large');
}

/** The part of a HEADERS frame that holds headers (RFC 9113, section 6.2). */
function fragment({ bytes, start, end, flags: set }: Frame): { start: number; end: number } {
  let from = start;
  let to = end;
  if (set & flags.PADDED) {
    to -= bytes[from] ?? 0;
    from += 1;
  }
  if (set & flags.PRIORITY) from += 5;
  if (from > to) throw new ProtocolError('PROTOCOL_ERROR', 'a HEADERS frame is shorter than it says');
  return { start: from, end: to };
}
