import type { Socket } from 'node:net';
import { answerPing, sendGoAway, sendPing } from './control-frames.js';
import { refusePush, requireConnection, requireLength, requireStream } from './frame-checks.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { flags, frameTypes } from './frames.js';
import type { HeaderBlock } from './header-encoder.js';
import { HeaderReceiver } from './header-receiver.js';
import { Output } from './output.js';
import { ProtocolError } from './protocol-error.js';
import { Sender } from './sender.js';
import { type StreamHandler, Streams } from './streams.js';
import { Watchdog } from './watchdog.js';
import { initialFrames, type ServerLimits } from './windows.js';

/** What a connection is made of. */
export interface ConnectionOptions {
  readonly socket: Socket;
  readonly limits: ServerLimits;
  readonly handler: StreamHandler;
  /** The whole answer to a request whose headers are larger than the server takes. */
  readonly headersTooLarge: HeaderBlock;
  /** Told when the handler threw, which ends the connection. */
  readonly onDefect: (error: unknown) => void;
  readonly onClosed: () => void;
}

/** With more bytes than this waiting to be sent, the peer is not read from: it asks faster than it takes answers. */
const deafPeerBytes = 4 * 1024 * 1024;

/** The server's side of one HTTP/2 connection (RFC 9113). */
export class Connection {
  readonly #socket: Socket;
  readonly #onDefect: (error: unknown) => void;
  readonly #reader: FrameReader;
  readonly #output: Output;
  readonly #headers: HeaderReceiver;
  readonly #sender: Sender;
  readonly #streams: Streams;
  readonly #watchdog: Watchdog;
  readonly #receivers: Readonly<Record<number, (frame: Frame) => void>> = {
    [frameTypes.DATA]: (frame) => this.#streams.data(frame),
    [frameTypes.HEADERS]: (frame) => this.#headers.begin(frame),
    [frameTypes.PRIORITY]: (frame) => requireStream(frame, 5),
    [frameTypes.RST_STREAM]: (frame) => this.#streams.resetByPeer(frame),
    [frameTypes.SETTINGS]: (frame) => this.#settings(frame),
    [frameTypes.PUSH_PROMISE]: () => refusePush(),
    [frameTypes.PING]: (frame) => answerPing(this.#output, frame),
    [frameTypes.GOAWAY]: (frame) => requireConnection(frame),
    [frameTypes.WINDOW_UPDATE]: (frame) => this.#windowUpdate(frame),
    [frameTypes.CONTINUATION]: (frame) => this.#headers.continue(frame),
  };
  #greeted = false;
  #closing = false;
  #failed = false;

  constructor({ socket, limits, handler, headersTooLarge, onDefect, onClosed }: ConnectionOptions) {
    this.#socket = socket;
    this.#onDefect = onDefect;
    this.#headers = new HeaderReceiver(limits.headerBytes, (stream, headers) => this.#streams.headers(stream, headers));
    this.#reader = new FrameReader((frame) => this.#frame(frame));
    this.#output = new Output(socket, () => this.#relieved());
    this.#sender = new Sender(this.#output);
    const onChange = (): void => this.#closeWhenIdle();
    this.#streams = new Streams({
      limits,
      handler,
      headersTooLarge,
      output: this.#output,
      sender: this.#sender,
      onChange,
    });
    const watched = { begun: () => this.#reader.begun, ask: () => sendPing(this.#output), end: () => this.destroy() };
    this.#watchdog = new Watchdog(watched, limits);
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#watchdog[Symbol.dispose]();
      this.#streams.lose();
      onClosed();
    });
    for (const { frame, payload } of initialFrames(limits)) this.#output.frame(frame, payload);
  }

  /** Takes no more requests, and closes when the answers to those under way are sent. */
  close(): void {
    if (this.#closing) return;
    this.#refuse();
    sendGoAway(this.#output, { lastStream: this.#streams.last, code: 'NO_ERROR' });
    this.#closeWhenIdle();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #refuse(): void {
    this.#closing = true;
    this.#streams.refuse();
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
    this.#refuse();
    const { code, message: text } = violation;
    if (this.#reader.begun) sendGoAway(this.#output, { lastStream: this.#streams.last, code, text });
    this.#output.flush();
    this.#socket.destroySoon();
    this.#streams.lose();
  }

  #frame(frame: Frame): void {
    if (this.#headers.receiving && frame.type !== frameTypes.CONTINUATION) {
      throw new ProtocolError('PROTOCOL_ERROR', 'a header block was interrupted');
    }
    this.#greeted ||= frame.type === frameTypes.SETTINGS;
    if (!this.#greeted) throw new ProtocolError('PROTOCOL_ERROR', 'settings come first');
    // Unknown types are extensions, to be ignored (section 4.1).
    this.#receivers[frame.type]?.(frame);
  }

  #windowUpdate(frame: Frame): void {
    if (frame.stream !== 0) {
      this.#streams.windowUpdate(frame);
      return;
    }
    requireLength(frame, 4);
    this.#sender.widen(frame.bytes.readUInt32BE(frame.start) & 0x7fff_ffff);
  }

  #settings(frame: Frame): void {
    requireConnection(frame);
    if ((frame.flags & flags.ACK) === 0) this.#sender.settings(frame, this.#streams.open);
    else if (frame.end > frame.start) throw new ProtocolError('FRAME_SIZE_ERROR', 'an acknowledgement with settings');
  }

  /** The socket takes more again. */
  #relieved(): void {
    this.#socket.resume();
    this.#sender.resumeAll();
  }

  #closeWhenIdle(): void {
    if (!this.#closing || !this.#streams.idle || this.#socket.destroyed) return;
    this.#output.flush();
    this.#socket.destroySoon();
  }
}
