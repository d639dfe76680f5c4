import type { Socket } from 'node:net';
import { refusePush, requireConnection, requireLength, requireStream, withoutPadding } from './frame-checks.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { flags, frameTypes } from './frames.js';
import type { HeaderBlock } from './header-encoder.js';
import { HeaderReceiver } from './header-receiver.js';
import { Output } from './output.js';
import { type ErrorCodeName, errorCodes, ProtocolError } from './protocol-error.js';
import type { RequestHeaders } from './request-headers.js';
import { Sender } from './sender.js';
import { ServerStream, type StreamHost, type StreamListener } from './stream.js';
import { connectionWindow, initialFrames, ReceiveWindow, type ServerLimits, uint32 } from './windows.js';

/** Takes a request. */
export type StreamHandler = (stream: ServerStream) => StreamListener;

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly socket: Socket;
  readonly limits: ServerLimits;
  readonly handler: StreamHandler;
  /** Told when the handler threw, which ends the connection. */
  readonly onDefect: (error: unknown) => void;
  readonly onClosed: () => void;
}

/** More than this waiting to be sent, in bytes, and the peer is not read from: it asks faster than it listens. */
const deafPeerBytes = 4 * 1024 * 1024;

/** The server's side of one HTTP/2 connection (RFC 9113). */
export class Connection implements StreamHost {
  readonly #socket: Socket;
  readonly #limits: ServerLimits;
  readonly #handler: StreamHandler;
  readonly #onDefect: (error: unknown) => void;
  readonly #reader: FrameReader;
  readonly #output: Output;
  readonly #headers: HeaderReceiver;
  readonly #sender: Sender;
  readonly #streams = new Map<number, ServerStream>();
  readonly #received = new ReceiveWindow(connectionWindow);
  readonly #receivers: Readonly<Record<number, (frame: Frame) => void>> = {
    [frameTypes.DATA]: (frame) => this.#dataFrame(frame),
    [frameTypes.HEADERS]: (frame) => this.#headers.begin(frame),
    [frameTypes.PRIORITY]: (frame) => requireStream(frame, 5),
    [frameTypes.RST_STREAM]: (frame) => this.#resetByPeer(frame),
    [frameTypes.SETTINGS]: (frame) => this.#settings(frame),
    [frameTypes.PUSH_PROMISE]: () => refusePush(),
    [frameTypes.PING]: (frame) => this.#ping(frame),
    [frameTypes.GOAWAY]: (frame) => requireConnection(frame),
    [frameTypes.WINDOW_UPDATE]: (frame) => this.#windowUpdate(frame),
    [frameTypes.CONTINUATION]: (frame) => this.#headers.continue(frame),
  };
  #lastStream = 0;
  #buffered = 0;
  #working = 0;
  #closing = false;
  #failed = false;
  #heard = true;

  constructor({ socket, limits, handler, onDefect, onClosed }: ConnectionOptions) {
    this.#socket = socket;
    this.#limits = limits;
    this.#handler = handler;
    this.#onDefect = onDefect;
    this.#headers = new HeaderReceiver(limits.headerBytes, (stream, request) => this.#opened(stream, request));
    this.#reader = new FrameReader((frame) => this.#frame(frame));
    this.#output = new Output(socket, () => this.#relieved());
    this.#sender = new Sender(this.#output);
    const alive = setInterval(() => this.#checkAlive(), limits.keepaliveMs).unref();
    const patience = setTimeout(() => this.#requireBegun(), limits.prefaceMs).unref();
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearInterval(alive);
      clearTimeout(patience);
      this.#lost();
      onClosed();
    });
    for (const { frame, payload } of initialFrames(limits)) this.#output.frame(frame, payload);
  }

  /** Takes no more requests, and closes when the answers to those under way are sent. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#goAway('NO_ERROR');
    this.#closeWhenIdle();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
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

  #reset(stream: ServerStream, code: ErrorCodeName): void {
    if (stream.dead) return;
    this.#resetId(stream.id, code);
    this.#forget(stream);
  }

  answered(stream: ServerStream): void {
    // Whoever has the answer need not send the rest of the question.
    if (!stream.remoteClosed) this.#resetId(stream.id, 'NO_ERROR');
    stream.listener = undefined;
    this.#forget(stream);
  }

  released(): void {
    this.#working--;
    this.#closeWhenIdle();
  }

  #data(chunk: Buffer): void {
    if (this.#failed) return;
    this.#heard = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(error);
    }
    if (this.#output.waiting < deafPeerBytes) return;
    this.#output.flush();
    if (this.#output.congested) this.#socket.pause();
  }

  #fail(error: unknown): void {
    const violation = error instanceof ProtocolError ? error : new ProtocolError('INTERNAL_ERROR', 'internal error');
    if (violation !== error) this.#onDefect(error);
    this.#failed = true;
    this.#closing = true;
    if (this.#reader.begun) this.#goAway(violation.code, violation.message);
    this.#output.flush();
    this.#socket.destroySoon();
    this.#lost();
  }

  #frame(frame: Frame): void {
    if (this.#headers.receiving && frame.type !== frameTypes.CONTINUATION) {
      throw new ProtocolError('PROTOCOL_ERROR', 'a header block was interrupted');
    }
    // Unknown types are extensions, to be ignored (section 4.1).
    this.#receivers[frame.type]?.(frame);
  }

  /** A header block is complete: a request, or the trailers of one. */
  #opened(id: number, { request, last }: { request: RequestHeaders | undefined; last: boolean }): void {
    const known = this.#streams.get(id);
    if (known !== undefined) {
      this.#trailers(known, last);
      return;
    }
    if (id % 2 === 0) throw new ProtocolError('PROTOCOL_ERROR', `stream ${id} is not a client's`);
    // Trailers of a stream that was reset or answered meanwhile.
    if (id <= this.#lastStream) return;
    // After GOAWAY the client knows that whatever came later was not looked at.
    if (this.#closing) return;
    this.#lastStream = id;
    if (request === undefined) {
      this.#resetId(id, 'PROTOCOL_ERROR');
      return;
    }
    if (this.#working >= this.#limits.streams) {
      this.#resetId(id, 'REFUSED_STREAM');
      return;
    }
    this.#open(id, { request, last });
  }

  #open(id: number, { request, last }: { request: RequestHeaders; last: boolean }): void {
    const windows = { sendWindow: this.#sender.initialWindow, window: this.#limits.streamWindow };
    const stream = new ServerStream(this, { id, headers: request, ...windows });
    this.#working++;
    this.#streams.set(id, stream);
    stream.listener = this.#handler(stream);
    if (stream.dead) stream.listener = undefined;
    if (last) this.#bodyEnds(stream);
  }

  #trailers(stream: ServerStream, last: boolean): void {
    if (stream.remoteClosed) throw new ProtocolError('STREAM_CLOSED', `headers on closed stream ${stream.id}`);
    if (!last) throw new ProtocolError('PROTOCOL_ERROR', `second headers on stream ${stream.id}`);
    this.#bodyEnds(stream);
  }

  #dataFrame(frame: Frame): void {
    if (frame.stream === 0 || frame.stream > this.#lastStream) {
      // One that was begun after GOAWAY has never been seen.
      if (!this.#closing || frame.stream === 0) throw new ProtocolError('PROTOCOL_ERROR', 'data on an idle stream');
    }
    const length = frame.end - frame.start;
    this.#acknowledge(this.#received.take(length));
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    if (stream.remoteClosed) throw new ProtocolError('STREAM_CLOSED', `data on closed stream ${stream.id}`);
    const { start, end } = withoutPadding(frame);
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      this.#reset(stream, 'FLOW_CONTROL_ERROR');
      return;
    }
    const last = (frame.flags & flags.END_STREAM) !== 0;
    if (last && stream.bodyBytes === 0) {
      this.#wholeBody(stream, frame.bytes.subarray(start, end));
      return;
    }
    this.#body(stream, { bytes: frame.bytes, start, end });
    if (stream.dead) return;
    if (last) this.#bodyEnds(stream);
    else this.#widen(stream);
  }

  /** Most requests are a single frame, which needs no copy. */
  #wholeBody(stream: ServerStream, body: Buffer): void {
    stream.remoteClosed = true;
    stream.listener?.body(body);
  }

  #body(stream: ServerStream, { bytes, start, end }: { bytes: Buffer; start: number; end: number }): void {
    if (start === end) return;
    const size = end - start;
    if (this.#buffered + size > this.#limits.bufferedBytes) {
      this.#abort(stream, 'ENHANCE_YOUR_CALM');
      return;
    }
    stream.addBody(bytes, start, end);
    this.#buffered += size;
    if (stream.bodyBytes <= this.#limits.bodyBytes) return;
    const head = stream.bodyHead;
    this.#dropBody(stream);
    stream.listener?.overflow(head);
  }

  /** Breaks a stream off on our own account. */
  #abort(stream: ServerStream, code: ErrorCodeName): void {
    const { listener } = stream;
    this.#reset(stream, code);
    listener?.gone();
  }

  #bodyEnds(stream: ServerStream): void {
    stream.remoteClosed = true;
    this.#buffered -= stream.bodyBytes;
    stream.listener?.body(stream.takeBody());
  }

  #dropBody(stream: ServerStream): void {
    this.#buffered -= stream.bodyBytes;
    stream.dropBody();
  }

  /** Lets the peer send more of a large body. */
  #widen(stream: ServerStream): void {
    const { streamWindow } = this.#limits;
    if (stream.receiveWindow > streamWindow / 2) return;
    this.#output.frame(
      { type: frameTypes.WINDOW_UPDATE, flags: 0, stream: stream.id },
      uint32(streamWindow - stream.receiveWindow),
    );
    stream.receiveWindow = streamWindow;
  }

  #acknowledge(bytes: number): void {
    if (bytes > 0) this.#output.frame({ type: frameTypes.WINDOW_UPDATE, flags: 0, stream: 0 }, uint32(bytes));
  }

  #windowUpdate(frame: Frame): void {
    requireLength(frame, 4);
    const increment = frame.bytes.readUInt32BE(frame.start) & 0x7fff_ffff;
    if (frame.stream === 0) {
      this.#sender.widen(increment);
      return;
    }
    this.#requireNotIdle(frame);
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    try {
      this.#sender.widenStream(stream, increment);
    } catch (error) {
      // On a stream it is the stream's own fault (section 6.9).
      if (!(error instanceof ProtocolError)) throw error;
      this.#abort(stream, error.code);
    }
  }

  #settings(frame: Frame): void {
    requireConnection(frame);
    if ((frame.flags & flags.ACK) === 0) this.#sender.settings(frame, this.#streams.values());
    else if (frame.end > frame.start) throw new ProtocolError('FRAME_SIZE_ERROR', 'an acknowledgement with settings');
  }

  #ping(frame: Frame): void {
    requireConnection(frame);
    requireLength(frame, 8);
    if (frame.flags & flags.ACK) return;
    this.#output.frame({ type: frameTypes.PING, flags: flags.ACK, stream: 0 }, frame.bytes, frame.start, frame.end);
  }

  #resetByPeer(frame: Frame): void {
    requireStream(frame, 4);
    this.#requireNotIdle(frame);
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    const { listener } = stream;
    this.#forget(stream);
    listener?.gone();
  }

  #requireNotIdle(frame: Frame): void {
    if (frame.stream <= this.#lastStream || this.#closing) return;
    throw new ProtocolError('PROTOCOL_ERROR', `stream ${frame.stream} is idle`);
  }

  /** The socket takes more again. */
  #relieved(): void {
    this.#socket.resume();
    this.#sender.resumeAll();
  }

  #resetId(id: number, code: ErrorCodeName): void {
    this.#output.frame({ type: frameTypes.RST_STREAM, flags: 0, stream: id }, uint32(errorCodes[code]));
  }

  #forget(stream: ServerStream): void {
    stream.dead = true;
    this.#dropBody(stream);
    this.#streams.delete(stream.id);
    this.#sender.unblock(stream);
    this.#closeWhenIdle();
  }

  #goAway(code: ErrorCodeName, text = ''): void {
    const payload = Buffer.concat([uint32(this.#lastStream), uint32(errorCodes[code]), Buffer.from(text)]);
    this.#output.frame({ type: frameTypes.GOAWAY, flags: 0, stream: 0 }, payload);
  }

  #closeWhenIdle(): void {
    if (!this.#closing || this.#streams.size > 0 || this.#working > 0 || this.#socket.destroyed) return;
    this.#output.flush();
    this.#socket.destroySoon();
  }

  /** Nothing reaches the peer any more. */
  #lost(): void {
    const streams = [...this.#streams.values()];
    for (const stream of streams) {
      const { listener } = stream;
      this.#forget(stream);
      listener?.gone();
    }
  }

  #requireBegun(): void {
    if (!this.#reader.begun) this.#socket.destroy();
  }

  /** A peer that was silent for a while is asked for a sign of life; one that gives none is gone. */
  #checkAlive(): void {
    if (!this.#heard) {
      this.#socket.destroy();
      return;
    }
    this.#heard = false;
    this.#output.frame({ type: frameTypes.PING, flags: 0, stream: 0 }, Buffer.alloc(8));
  }
}
