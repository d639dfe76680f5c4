import { ContinuedBlock } from './continued-block.js';
import type { Frame } from './frame-reader.js';
import { flags } from './frames.js';
import { HeaderDecoder } from './hpack/decoder.js';
import { ProtocolError } from './protocol-error.js';
import { type HeaderContent, RequestBuilder } from './request-headers.js';

/** A header block that has arrived. */
export interface ReceivedHeaders {
  readonly content: HeaderContent;
  /** Nothing follows on the stream. */
  readonly last: boolean;
}

interface Unfinished {
  readonly stream: number;
  readonly last: boolean;
  readonly block: ContinuedBlock;
}

/** A block that is longer than this is not remembered: its fields are spelled out, as in the first of a connection. */
const longestRemembered = 64;

/** How many blocks are remembered. A client repeats as many as it calls different methods. */
const mostRemembered = 32;

/**
 * Joins header blocks that come in several frames, and decodes them. All are decoded to their end, even those that are
 * not needed: each may change what the next one of the connection refers to.
 */
export class HeaderReceiver {
  readonly #decoder = new HeaderDecoder();
  readonly #limit: number;
  readonly #sink: (stream: number, headers: ReceivedHeaders) => void;
  #unfinished: Unfinished | undefined;
  /** Decoded blocks by their bytes, which clients repeat from call to call; valid as long as they mean the same. */
  readonly #known = new Map<string, HeaderContent>();

  /** @param limit How large the headers of a request may be, in bytes as HTTP/2 counts them. */
  constructor(limit: number, sink: (stream: number, headers: ReceivedHeaders) => void) {
    this.#limit = limit;
    this.#sink = sink;
  }

  /** Whether a block has begun and not ended. */
  get receiving(): boolean {
    return this.#unfinished !== undefined;
  }

  /** Takes a HEADERS frame. @throws ProtocolError when it is malformed. */
  begin(frame: Frame): void {
    const { stream, bytes, flags: set } = frame;
    if (stream === 0) throw new ProtocolError('PROTOCOL_ERROR', 'headers on the connection');
    const { start, end } = fragment(frame);
    const last = (set & flags.END_STREAM) !== 0;
    if (set & flags.END_HEADERS) {
      this.#sink(stream, { content: this.#contentOf(bytes, { start, end }), last });
      return;
    }
    this.#known.clear();
    const block = new ContinuedBlock(this.#decoder, this.#limit);
    this.#unfinished = { stream, last, block };
    block.add(bytes, start, end);
  }

  /** Takes a CONTINUATION frame. @throws ProtocolError when it continues nothing, is malformed, or one too many. */
  continue({ stream, bytes, start, end, flags: set }: Frame): void {
    const unfinished = this.#unfinished;
    if (unfinished === undefined || unfinished.stream !== stream) {
      throw new ProtocolError('PROTOCOL_ERROR', 'a continuation of nothing');
    }
    unfinished.block.add(bytes, start, end);
    if ((set & flags.END_HEADERS) === 0) return;
    this.#unfinished = undefined;
    this.#sink(stream, { content: unfinished.block.finish(), last: unfinished.last });
  }

  #contentOf(block: Buffer, at: { start: number; end: number }): HeaderContent {
    if (at.end - at.start > longestRemembered) return this.#read(block, at);
    const bytes = block.toString('latin1', at.start, at.end);
    const known = this.#known.get(bytes);
    if (known !== undefined) return known;
    const before = this.#decoder.version;
    const content = this.#read(block, at);
    // A block that changed what later ones refer to must be read each time.
    if (this.#decoder.version === before) this.#remember(bytes, content);
    return content;
  }

  #read(block: Buffer, at: { start: number; end: number }): HeaderContent {
    const before = this.#decoder.version;
    const builder = new RequestBuilder(this.#limit);
    this.#decoder.decode(block, at, builder.add);
    if (this.#decoder.version !== before) this.#known.clear();
    return builder.finish();
  }

  #remember(bytes: string, content: HeaderContent): void {
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(bytes, content);
  }
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
