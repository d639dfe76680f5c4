import { defaultMaxFrame, frameHeaderBytes, preface } from './frames.js';
import { ProtocolError } from './protocol-error.js';

/** A frame as it arrived. Its payload is the part of `bytes` from `start` to `end`, valid until the sink returns. */
export interface Frame {
  type: number;
  flags: number;
  stream: number;
  bytes: Buffer;
  start: number;
  end: number;
}

/** Cuts what a connection delivers into frames, after the preface with which a client begins. */
export class FrameReader {
  readonly #sink: (frame: Frame) => void;
  /** Reused for every frame: there are many, and each is gone when the sink returns. */
  readonly #frame: Frame = { type: 0, flags: 0, stream: 0, bytes: Buffer.alloc(0), start: 0, end: 0 };
  #held: Buffer[] = [];
  #heldBytes = 0;
  #needed = preface.length;
  #begun = false;

  constructor(sink: (frame: Frame) => void) {
    this.#sink = sink;
  }

  /** Whether the peer has begun as an HTTP/2 client does. */
  get begun(): boolean {
    return this.#begun;
  }

  /**
   * Takes what arrived and passes on the frames that are whole with it.
   * @throws ProtocolError when it is no HTTP/2 or a frame is too large; and whatever the sink throws.
   */
  push(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#needed) return;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    const used = this.#frames(bytes, this.#begun ? 0 : this.#begin(bytes));
    this.#held = used === bytes.length ? [] : [bytes.subarray(used)];
    this.#heldBytes = bytes.length - used;
  }

  #begin(bytes: Buffer): number {
    if (!bytes.subarray(0, preface.length).equals(preface)) throw new ProtocolError('PROTOCOL_ERROR', 'no HTTP/2');
    this.#begun = true;
    return preface.length;
  }

  /** Passes frames on and gives the offset of the first that is not whole. */
  #frames(bytes: Buffer, from: number): number {
    let offset = from;
    for (;;) {
      this.#needed = frameHeaderBytes;
      if (bytes.length - offset < frameHeaderBytes) return offset;
      const length = bytes.readUIntBE(offset, 3);
      if (length > defaultMaxFrame) throw new ProtocolError('FRAME_SIZE_ERROR', `a frame of ${length} bytes`);
      this.#needed = frameHeaderBytes + length;
      if (bytes.length - offset < this.#needed) return offset;
      this.#pass(bytes, { offset, length });
      offset += this.#needed;
    }
  }

  #pass(bytes: Buffer, { offset, length }: { offset: number; length: number }): void {
    const frame = this.#frame;
    frame.type = bytes[offset + 3] ?? 0;
    frame.flags = bytes[offset + 4] ?? 0;
    // The first bit is reserved and ignored.
    frame.stream = bytes.readUInt32BE(offset + 5) & 0x7fff_ffff;
    frame.bytes = bytes;
    frame.start = offset + frameHeaderBytes;
    frame.end = frame.start + length;
    this.#sink(frame);
  }
}
