import type { Socket } from 'node:net';
import { BodyReceiver } from './body-receiver.js';
import { answerPing, sendGoAway, sendPing, sendReset } from './control-frames.js';
import { refusePush, requireConnection, requireLength, requireStream } from './frame-checks.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { flags, frameTypes } from './frames.js';
import type { HeaderBlock } from './header-encoder.js';
import { HeaderReceiver } from './header-receiver.js';
import { Output } from './output.js';
import { type ErrorCodeName, ProtocolError } from './protocol-error.js';
import type { RequestHeaders } from './request-headers.js';
import { Sender } from './sender.js';
import { ServerStream, type StreamHost, type StreamListener } from './stream.js';
import { Watchdog } from './watchdog.js';
import { initialFrames, type ServerLimits } from './windows.js';

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
  readonly #bodies: BodyReceiver;
  readonly #watchdog: Watchdog;
  readonly #streams = new Map<number, ServerStream>();
  readonly #receivers: Readonly<Record<number, (frame: Frame) => void>> = {
    [frameTypes.DATA]: (frame) => this.#dataFrame(frame),
    [frameTypes.HEADERS]: (frame) => this.#headers.begin(frame),
    [frameTypes.PRIORITY]: (frame) => requireStream(frame, 5),
    [frameTypes.RST_STREAM]: (frame) => this.#resetByPeer(frame),
    [frameTypes.SETTINGS]: (frame) => this.#settings(frame),
    [frameTypes.PUSH_PROMISE]: () => refusePush(),
    [frameTypes.PING]: (frame) => answerPing(this.#output, frame),
    [frameTypes.GOAWAY]: (frame) => requireConnection(frame),
    [frameTypes.WINDOW_UPDATE]: (frame) => this.#windowUpdate(frame),
    [frameTypes.CONTINUATION]: (frame) => this.#headers.continue(frame),
  };
  #lastStream = 0;
  #working = 0;
  #closing = false;
  #failed = false;

  constructor({ socket, limits, handler, onDefect, onClosed }: ConnectionOptions) {
    this.#socket = socket;
    this.#limits = limits;
    this.#handler = handler;
    this.#onDefect = onDefect;
    this.#headers = new HeaderReceiver(limits.headerBytes, (stream, request) => this.#opened(stream, request));
    this.#reader = new FrameReader((frame) => this.#frame(frame));
    this.#output = new Output(socket, () => this.#relieved());
    this.#sender = new Sender(this.#output);
    this.#bodies = new BodyReceiver(limits, this.#output, {
      reset: (stream, code) => this.#reset(stream, code),
      abort: (stream, code) => this.#abort(stream, code),
    });
    const watched = { begun: () => this.#reader.begun, ask: () => sendPing(this.#output), end: () => this.destroy() };
    this.#watchdog = new Watchdog(watched, limits);
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#watchdog[Symbol.dispose]();
      this.#lost();
      onClosed();
    });
    for (const { frame, payload } of initialFrames(limits)) this.#output.frame(frame, payload);
  }

  /** Takes no more requests, and closes when the answers to those under way are sent. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    sendGoAway(this.#output, { lastStream: this.#lastStream, code: 'NO_ERROR' });
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
    sendReset(this.#output, stream.id, code);
    this.#forget(stream);
  }

  answered(stream: ServerStream): void {
    // Whoever has the answer need not send the rest of the question.
    if (!stream.remoteClosed) sendReset(this.#output, stream.id, 'NO_ERROR');
    stream.listener = undefined;
    this.#forget(stream);
  }

  released(): void {
    this.#working--;
    this.#closeWhenIdle();
  }

  #data(chunk: Buffer): void {
    if (this.#failed) return;
    this.#watchdog.heard = true;
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
    const { code, message: text } = violation;
    if (this.#reader.begun) sendGoAway(this.#output, { lastStream: this.#lastStream, code, text });
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
      sendReset(this.#output, id, 'PROTOCOL_ERROR');
      return;
    }
    if (this.#working >= this.#limits.streams) {
      sendReset(this.#output, id, 'REFUSED_STREAM');
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
    if (last) this.#bodies.end(stream);
  }

  #trailers(stream: ServerStream, last: boolean): void {
    if (stream.remoteClosed) throw new ProtocolError('STREAM_CLOSED', `headers on closed stream ${stream.id}`);
    if (!last) throw new ProtocolError('PROTOCOL_ERROR', `second headers on stream ${stream.id}`);
    this.#bodies.end(stream);
  }

  #dataFrame(frame: Frame): void {
    if (frame.stream === 0 || frame.stream > this.#lastStream) {
      // One that was begun after GOAWAY has never been seen.
      if (!this.#closing || frame.stream === 0) throw new ProtocolError('PROTOCOL_ERROR', 'data on an idle stream');
    }
    this.#bodies.count(frame);
    const stream = this.#streams.get(frame.stream);
    if (stream !== undefined) this.#bodies.receive(stream, frame);
  }

  /** Breaks a stream off on our own account. */
  #abort(stream: ServerStream, code: ErrorCodeName): void {
    const { listener } = stream;
    this.#reset(stream, code);
    listener?.gone();
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

  #forget(stream: ServerStream): void {
    stream.dead = true;
    this.#bodies.drop(stream);
    this.#streams.delete(stream.id);
    this.#sender.unblock(stream);
    this.#closeWhenIdle();
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
}
