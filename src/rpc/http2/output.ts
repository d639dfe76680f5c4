import type { Socket } from 'node:net';
import { frameHeaderBytes } from './frames.js';

/** What is gathered at least before it is sent within one turn of the event loop, in bytes. */
const flushBytes = 64 * 1024;

/** The first size of the buffer in which frames are gathered, in bytes. */
const smallestBuffer = 1024;

/** The outputs with something to send in this turn of the event loop, on all connections: one callback serves them all. */
let unsent: Output[] = [];

function flushSoon(output: Output): void {
  if (unsent.length === 0) setImmediate(flushAll);
  unsent.push(output);
}

function flushAll(): void {
  const outputs = unsent;
  unsent = [];
  for (const output of outputs) output.flush();
}

/** A frame to send. */
export interface OutgoingFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

/**
 * Sends frames. Those of one turn of the event loop go out together: many answers cost one system call, and a lone one
 * waits for nothing, since the turn ends when there is nothing more to do.
 */
export class Output {
  readonly #socket: Socket;
  readonly #onRelief: () => void;
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  /** How much to make room for, learned from what was sent. */
  #size = smallestBuffer;
  #congested = false;

  /** @param onRelief Called when the socket takes more again after it was congested. */
  constructor(socket: Socket, onRelief: () => void) {
    this.#socket = socket;
    this.#onRelief = onRelief;
    socket.on('drain', () => {
      this.#congested = false;
      this.#onRelief();
    });
  }

  /** Whether more waits than the socket takes now. What need not be sent yet should wait then. */
  get congested(): boolean {
    return this.#congested;
  }

  /** How many bytes wait to be taken by the kernel. */
  get waiting(): number {
    return this.#used + this.#socket.writableLength;
  }

  /** Sends a frame whose payload is a part of a buffer, which is copied. */
  frame({ type, flags, stream }: OutgoingFrame, payload: Buffer, start = 0, end = payload.length): void {
    const length = end - start;
    const at = this.#reserve(frameHeaderBytes + length);
    const buffer = this.#buffer;
    buffer[at] = length >>> 16;
    buffer[at + 1] = (length >>> 8) & 0xff;
    buffer[at + 2] = length & 0xff;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    buffer.writeUInt32BE(stream, at + 5);
    payload.copy(buffer, at + frameHeaderBytes, start, end);
  }

  /** Hands everything over to the socket. */
  flush(): void {
    if (this.#used === 0) return;
    const bytes = this.#buffer.subarray(0, this.#used);
    this.#size = Math.min(Math.max(smallestBuffer, 2 * this.#used), flushBytes);
    this.#buffer = Buffer.alloc(0);
    this.#used = 0;
    if (this.#socket.writable && !this.#socket.write(bytes)) this.#congested = true;
  }

  /** Room for that many bytes in the buffer; gives their offset. */
  #reserve(bytes: number): number {
    if (this.#used + bytes > this.#buffer.length) this.#grow(bytes);
    const at = this.#used;
    this.#used += bytes;
    if (at === 0) flushSoon(this);
    return at;
  }

  #grow(bytes: number): void {
    if (this.#used > flushBytes) this.flush();
    const grown = Buffer.allocUnsafe(
      Math.max(this.#used + bytes, Math.min(2 * this.#buffer.length, flushBytes), this.#size),
    );
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }
}
