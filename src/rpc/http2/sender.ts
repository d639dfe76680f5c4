import type { Frame } from './frame-reader.js';
import { defaultMaxFrame, defaultWindow, flags, frameTypes } from './frames.js';
import { type HeaderBlock, HeaderEncoder } from './header-encoder.js';
import type { Output } from './output.js';
import { PeerSettings } from './peer-settings.js';
import type { ServerStream } from './stream.js';

/** The sending half of a connection: headers, and data as far as the peer's windows and the socket allow. */
export class Sender {
  readonly #output: Output;
  readonly #encoder = new HeaderEncoder();
  readonly #peer = new PeerSettings();
  /** Streams with something left to send, in the order of their turns. */
  readonly #blocked = new Set<ServerStream>();
  #window = defaultWindow;

  constructor(output: Output) {
    this.#output = output;
  }

  /** How many bytes the peer takes on a new stream. */
  get initialWindow(): number {
    return this.#peer.window;
  }

  /** Sends headers. @param last Nothing follows on the stream. */
  headers(stream: number, block: HeaderBlock, last: boolean): void {
    const bytes = this.#encoder.encode(block);
    let type: number = frameTypes.HEADERS;
    let start = 0;
    do {
      const end = Math.min(bytes.length, start + defaultMaxFrame);
      const set = (end === bytes.length ? flags.END_HEADERS : 0) | (last && start === 0 ? flags.END_STREAM : 0);
      this.#output.frame({ type, flags: set, stream }, bytes, start, end);
      type = frameTypes.CONTINUATION;
      start = end;
    } while (start < bytes.length);
  }

  /** Sends what can be sent now of the bytes from an offset on, and gives how many that were. */
  data(stream: ServerStream, bytes: Buffer, from: number): number {
    let offset = from;
    while (offset < bytes.length && !this.#output.congested) {
      const room = Math.min(stream.sendWindow, this.#window, this.#peer.maxFrame, bytes.length - offset);
      if (room <= 0) break;
      this.#output.frame({ type: frameTypes.DATA, flags: 0, stream: stream.id }, bytes, offset, offset + room);
      stream.sendWindow -= room;
      this.#window -= room;
      offset += room;
    }
    return offset - from;
  }

  /** To be resumed when there is room. */
  block(stream: ServerStream): void {
    this.#blocked.add(stream);
  }

  /** There is nothing to resume any more. */
  unblock(stream: ServerStream): void {
    this.#blocked.delete(stream);
  }

  /** Sends what waits. */
  resumeAll(): void {
    for (const stream of [...this.#blocked]) this.#resume(stream);
  }

  /** The peer takes more on the connection. @throws ProtocolError when that is nothing or too much. */
  widen(increment: number): void {
    this.#window = PeerSettings.widen(this.#window, increment);
    this.resumeAll();
  }

  /** The peer takes more on a stream. @throws ProtocolError when that is nothing or too much. */
  widenStream(stream: ServerStream, increment: number): void {
    stream.sendWindow = PeerSettings.widen(stream.sendWindow, increment);
    this.#resume(stream);
  }

  /** Takes the peer's settings over, also for the streams that are open. @throws ProtocolError when they are malformed. */
  settings(frame: Frame, streams: Iterable<ServerStream>): void {
    const change = this.#peer.apply(frame);
    if (this.#peer.forgetful) this.#encoder.forget();
    for (const stream of streams) stream.sendWindow = PeerSettings.shift(stream.sendWindow, change);
    this.#output.frame({ type: frameTypes.SETTINGS, flags: flags.ACK, stream: 0 }, Buffer.alloc(0));
    if (change > 0) this.resumeAll();
  }

  #resume(stream: ServerStream): void {
    if (this.#blocked.delete(stream)) stream.resume();
  }
}
