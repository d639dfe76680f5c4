import { BodyReceiver } from './body-receiver.js';
import { ClosedStreams, type Ending } from './closed-streams.js';
import { sendReset } from './control-frames.js';
import { requireLength, requireStream, withoutPadding } from './frame-checks.js';
import type { Frame } from './frame-reader.js';
import { flags } from './frames.js';
import type { HeaderBlock } from './header-encoder.js';
import type { ReceivedHeaders } from './header-receiver.js';
import type { Output } from './output.js';
import { type ErrorCodeName, ProtocolError } from './protocol-error.js';
import type { RequestHeaders } from './request-headers.js';
import type { Sender } from './sender.js';
import { ServerStream, type StreamHost, type StreamListener } from './stream.js';
import type { ServerLimits } from './windows.js';

/** Takes a request. */
export type StreamHandler = (stream: ServerStream) => StreamListener;

/** What the streams of a connection are made of. */
export interface StreamsOptions {
  readonly limits: ServerLimits;
  readonly handler: StreamHandler;
  /** The whole answer to a request whose headers are larger than the server takes. */
  readonly headersTooLarge: HeaderBlock;
  readonly output: Output;
  readonly sender: Sender;
  /** Called when a stream has ended, or nobody works for it any more. */
  readonly onChange: () => void;
}

/** The streams of one connection: takes their frames, in whatever state they are (RFC 9113, section 5.1). */
export class Streams implements StreamHost {
  readonly #limits: ServerLimits;
  readonly #handler: StreamHandler;
  readonly #headersTooLarge: HeaderBlock;
  readonly #output: Output;
  readonly #sender: Sender;
  readonly #onChange: () => void;
  readonly #bodies: BodyReceiver;
  readonly #open = new Map<number, ServerStream>();
  readonly #closed = new ClosedStreams();
  #last = 0;
  #working = 0;
  /** Bytes of headers that are kept for all requests together. */
  #headerBytes = 0;
  /** Bytes of answers that wait for the client to take them. */
  #waitingBytes = 0;
  #refusing = false;

  constructor({ limits, handler, headersTooLarge, output, sender, onChange }: StreamsOptions) {
    this.#limits = limits;
    this.#handler = handler;
    this.#headersTooLarge = headersTooLarge;
    this.#output = output;
    this.#sender = sender;
    this.#onChange = onChange;
    this.#bodies = new BodyReceiver(limits, output, { abort: (stream, code) => this.#abort(stream, code) });
  }

  /** The last stream that was looked at. */
  get last(): number {
    return this.#last;
  }

  /** Whether no stream is open and no handler works for one. */
  get idle(): boolean {
    return this.#open.size === 0 && this.#working === 0;
  }

  /** Those that are open. */
  get open(): Iterable<ServerStream> {
    return this.#open.values();
  }

  /** Ignores requests that come from now on, as GOAWAY tells the client. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Nothing reaches the client any more. */
  lose(): void {
    for (const stream of [...this.#open.values()]) this.#giveUp(stream);
  }

  /** Takes a whole header block: that of a request, or trailers. @throws ProtocolError when the connection cannot go on. */
  headers(id: number, { content, last }: ReceivedHeaders): void {
    if (id % 2 === 0) throw new ProtocolError('PROTOCOL_ERROR', `stream ${id} is not a client's`);
    if (id <= this.#last) {
      const stream = this.#open.get(id);
      if (stream === undefined) this.#lateHeaders(id, { content, last });
      else this.#trailers(stream, { content, last });
      return;
    }
    // After GOAWAY the client knows that whatever came later was not looked at.
    if (this.#refusing) return;
    this.#last = id;
    if (typeof content !== 'string') this.#request(id, content, last);
    else if (content === 'too large') this.#answerTooLarge(id, last);
    else this.#refuse(id, { code: 'PROTOCOL_ERROR', last });
  }

  /** Takes a DATA frame. @throws ProtocolError when the connection cannot go on. */
  data(frame: Frame): void {
    const { stream: id, flags: set } = frame;
    if (id === 0 || (id > this.#last && !this.#refusing)) {
      throw new ProtocolError('PROTOCOL_ERROR', 'data on an idle stream');
    }
    this.#bodies.count(frame);
    const range = withoutPadding(frame);
    const stream = this.#open.get(id);
    if (stream === undefined) this.#late(id, (set & flags.END_STREAM) !== 0);
    else if (stream.remoteClosed) this.#abort(stream, 'STREAM_CLOSED');
    else this.#bodies.receive(stream, frame, range);
  }

  /** Takes a WINDOW_UPDATE frame of a stream. @throws ProtocolError when the connection cannot go on. */
  windowUpdate(frame: Frame): void {
    requireLength(frame, 4);
    this.#requireNotIdle(frame);
    const increment = frame.bytes.readUInt32BE(frame.start) & 0x7fff_ffff;
    const stream = this.#open.get(frame.stream);
    if (stream === undefined) {
      if (increment === 0) sendReset(this.#output, frame.stream, 'PROTOCOL_ERROR');
      return;
    }
    try {
      this.#sender.widenStream(stream, increment);
    } catch (error) {
      // On a stream it is the stream's own fault (section 6.9).
      if (!(error instanceof ProtocolError)) throw error;
      this.#abort(stream, error.code);
    }
  }

  /** Takes a RST_STREAM frame. @throws ProtocolError when it is malformed, or of a stream that never was. */
  resetByPeer(frame: Frame): void {
    requireStream(frame, 4);
    this.#requireNotIdle(frame);
    const stream = this.#open.get(frame.stream);
    if (stream === undefined) this.#closed.add(frame.stream, 'reset');
    else this.#giveUp(stream);
  }

  sendHeaders(stream: ServerStream, block: HeaderBlock, last: boolean): void {
    this.#sender.headers(stream.id, block, last);
  }

  sendData(stream: ServerStream, bytes: Buffer, offset: number): number {
    return this.#sender.data(stream, bytes, offset);
  }

  block(stream: ServerStream): void {
    this.#sender.block(stream);
  }

  answered(stream: ServerStream): void {
    // A client that has the answer need not send the rest of its request.
    if (!stream.remoteClosed) sendReset(this.#output, stream.id, 'NO_ERROR');
    stream.listener = undefined;
    this.#forget(stream, stream.remoteClosed ? 'complete' : 'cut');
  }

  waiting(stream: ServerStream, bytes: number): void {
    this.#waitingBytes += bytes;
    if (bytes > 0 && this.#waitingBytes > this.#limits.answerBytes) this.#abort(stream, 'ENHANCE_YOUR_CALM');
  }

  released(stream: ServerStream): void {
    this.#working--;
    this.#letGo(stream);
  }

  #request(id: number, headers: RequestHeaders, last: boolean): void {
    const { streams, heldHeaderBytes, streamWindow } = this.#limits;
    const { contentLength = 0 } = headers;
    if (last && contentLength > 0) {
      this.#refuse(id, { code: 'PROTOCOL_ERROR', last });
      return;
    }
    const busy = this.#working >= streams || this.#open.size >= streams;
    if (busy || this.#headerBytes + headers.bytes > heldHeaderBytes) {
      this.#refuse(id, { code: 'REFUSED_STREAM', last });
      return;
    }
    const stream = new ServerStream(this, {
      id,
      headers,
      sendWindow: this.#sender.initialWindow,
      window: streamWindow,
    });
    stream.remoteClosed = last;
    this.#working++;
    this.#headerBytes += headers.bytes;
    this.#open.set(id, stream);
    stream.listener = this.#handler(stream);
    if (stream.dead) stream.listener = undefined;
    else if (last) this.#bodies.end(stream);
  }

  #answerTooLarge(id: number, last: boolean): void {
    this.#sender.headers(id, this.#headersTooLarge, true);
    if (!last) sendReset(this.#output, id, 'NO_ERROR');
    this.#closed.add(id, last ? 'complete' : 'cut');
  }

  /** Refuses a request that no handler has seen. */
  #refuse(id: number, { code, last }: { code: ErrorCodeName; last: boolean }): void {
    sendReset(this.#output, id, code);
    this.#closed.add(id, last ? 'complete' : 'cut');
  }

  #trailers(stream: ServerStream, { content, last }: ReceivedHeaders): void {
    if (stream.remoteClosed) this.#abort(stream, 'STREAM_CLOSED');
    else if (content === 'too large') this.#abort(stream, 'ENHANCE_YOUR_CALM');
    else if (content !== 'trailers' || !last) this.#abort(stream, 'PROTOCOL_ERROR');
    else this.#bodies.end(stream);
  }

  /** Headers of a stream that has ended. */
  #lateHeaders(id: number, { content, last }: ReceivedHeaders): void {
    const ending = this.#closed.get(id);
    if (ending === undefined && content !== 'trailers') {
      throw new ProtocolError('PROTOCOL_ERROR', `stream ${id} is older than ${this.#last}`);
    }
    if (ending === 'cut' && (content !== 'trailers' || !last)) sendReset(this.#output, id, 'PROTOCOL_ERROR');
    this.#late(id, last);
  }

  /**
   * Headers or data of a stream that has ended. They may have been on their way when the server cut it short; a client
   * that had ended it itself is confused.
   */
  #late(id: number, last: boolean): void {
    const ending = this.#closed.get(id);
    if (ending === 'complete') throw new ProtocolError('STREAM_CLOSED', `stream ${id} had ended`);
    if (ending === 'reset') sendReset(this.#output, id, 'STREAM_CLOSED');
    if (ending === 'cut' && last) this.#closed.add(id, 'complete');
  }

  #requireNotIdle(frame: Frame): void {
    if (frame.stream <= this.#last || this.#refusing) return;
    throw new ProtocolError('PROTOCOL_ERROR', `stream ${frame.stream} is idle`);
  }

  /** Breaks a stream off on our own account. */
  #abort(stream: ServerStream, code: ErrorCodeName): void {
    const { listener } = stream;
    sendReset(this.#output, stream.id, code);
    this.#forget(stream, stream.remoteClosed ? 'complete' : 'cut');
    listener?.gone();
  }

  /** The client does not want the answer. */
  #giveUp(stream: ServerStream): void {
    const { listener } = stream;
    this.#forget(stream, 'reset');
    listener?.gone();
  }

  #forget(stream: ServerStream, ending: Ending): void {
    stream.die();
    this.#bodies.drop(stream);
    this.#open.delete(stream.id);
    this.#closed.add(stream.id, ending);
    this.#sender.unblock(stream);
    this.#letGo(stream);
  }

  /** Neither the client nor the server needs it any more, or one of them. */
  #letGo(stream: ServerStream): void {
    if (stream.dead && stream.released) this.#headerBytes -= stream.headers.bytes;
    this.#onChange();
  }
}
