import type { Frame } from './frame-reader.js';
import { flags, frameTypes } from './frames.js';
import type { Output } from './output.js';
import type { ErrorCodeName } from './protocol-error.js';
import type { ServerStream } from './stream.js';
import { connectionWindow, ReceiveWindow, type ServerLimits, uint32 } from './windows.js';

/** Ends streams for it. */
export interface BodyHost {
  /** Resets a stream and tells its listener. */
  abort(stream: ServerStream, code: ErrorCodeName): void;
}

/** Puts together what comes in DATA frames, and lets the peer send more. */
export class BodyReceiver {
  readonly #limits: ServerLimits;
  readonly #output: Output;
  readonly #host: BodyHost;
  readonly #received = new ReceiveWindow(connectionWindow);
  /** Bytes that are kept for all streams together. */
  #buffered = 0;

  constructor(limits: ServerLimits, output: Output, host: BodyHost) {
    this.#limits = limits;
    this.#output = output;
    this.#host = host;
  }

  /** Counts a frame, of whatever stream. @throws ProtocolError when the peer was not allowed to send so much. */
  count(frame: Frame): void {
    const bytes = this.#received.take(frame.end - frame.start);
    if (bytes > 0) this.#output.frame({ type: frameTypes.WINDOW_UPDATE, flags: 0, stream: 0 }, uint32(bytes));
  }

  /**
   * Takes a frame of a stream whose client has not ended it.
   * @param range The part of the frame that is not padding.
   */
  receive(stream: ServerStream, frame: Frame, { start, end }: { start: number; end: number }): void {
    // Padding counts as well (section 6.9.1).
    stream.receiveWindow -= frame.end - frame.start;
    if (stream.receiveWindow < 0) {
      this.#host.abort(stream, 'FLOW_CONTROL_ERROR');
      return;
    }
    stream.received += end - start;
    const last = (frame.flags & flags.END_STREAM) !== 0;
    if (last && stream.bodyBytes === 0 && !stream.overflowed) {
      this.#whole(stream, frame.bytes.subarray(start, end));
      return;
    }
    this.#part(stream, { bytes: frame.bytes, start, end });
    if (stream.dead) return;
    if (last) this.end(stream);
    else this.#widen(stream);
  }

  /** Most requests are a single frame, which needs no copy. */
  #whole(stream: ServerStream, body: Buffer): void {
    stream.remoteClosed = true;
    if (stream.sound) stream.listener?.body(body);
    else this.#host.abort(stream, 'PROTOCOL_ERROR');
  }

  #part(stream: ServerStream, { bytes, start, end }: { bytes: Buffer; start: number; end: number }): void {
    if (start === end || stream.overflowed) return;
    const size = end - start;
    if (this.#buffered + size > this.#limits.bufferedBytes) {
      this.#host.abort(stream, 'ENHANCE_YOUR_CALM');
      return;
    }
    stream.addBody(bytes, start, end);
    this.#buffered += size;
    if (stream.bodyBytes <= this.#limits.bodyBytes) return;
    const head = stream.bodyHead;
    this.drop(stream);
    stream.overflowed = true;
    stream.listener?.overflow(head);
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

  /** The peer has sent all: the listener gets what came, unless the peer had said that it is more or less. */
  end(stream: ServerStream): void {
    stream.remoteClosed = true;
    if (!stream.sound) {
      this.#host.abort(stream, 'PROTOCOL_ERROR');
      return;
    }
    if (stream.overflowed) return;
    this.#buffered -= stream.bodyBytes;
    stream.listener?.body(stream.takeBody());
  }

  /** Forgets what came, for a stream that ends. */
  drop(stream: ServerStream): void {
    this.#buffered -= stream.bodyBytes;
    stream.dropBody();
  }
}
