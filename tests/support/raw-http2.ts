import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { deferred } from './deferred.js';

/** A frame of HTTP/2, as it goes over the wire. */
export interface RawFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** What a client sends first. */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const headBytes = 9;

/** The bytes of a frame. */
export function frameBytes({ type, flags = 0, stream = 0, payload = Buffer.alloc(0) }: Partial<RawFrame>): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type ?? 0;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Cuts what arrives into frames. */
export class FrameParser {
  #rest = Buffer.alloc(0);

  /** The frames that are whole with this. */
  push(chunk: Buffer): RawFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: RawFrame[] = [];
    while (this.#rest.length >= headBytes) {
      const end = headBytes + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(headBytes, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}

/** Speaks HTTP/2 frame by frame, right or wrong, as a test wants it. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket;
  readonly #frames: RawFrame[] = [];
  readonly #parser = new FrameParser();
  #arrived = deferred();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => this.#wake());
  }

  /** Connects, and says hello unless told not to. */
  static async connect(path: string, { hello = true }: { readonly hello?: boolean } = {}): Promise<RawPeer> {
    const socket = connect(path);
    await once(socket, 'connect');
    const peer = new RawPeer(socket);
    if (hello) socket.write(Buffer.concat([preface, frameBytes({ type: 4 })]));
    return peer;
  }

  send(...frames: readonly Partial<RawFrame>[]): void {
    this.socket.write(Buffer.concat(frames.map(frameBytes)));
  }

  /** The next frame that the test is interested in; undefined when the connection was closed before it came. */
  async next(wanted: (frame: RawFrame) => boolean): Promise<RawFrame | undefined> {
    for (;;) {
      const index = this.#frames.findIndex(wanted);
      if (index >= 0) return this.#frames.splice(index, 1)[0];
      if (this.socket.destroyed) return undefined;
      await this.#arrived.promise;
    }
  }

  /** The next frame of a type. */
  ofType(type: number): Promise<RawFrame | undefined> {
    return this.next((frame) => frame.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#frames.push(...this.#parser.push(chunk));
    this.#wake();
  }

  #wake(): void {
    const arrived = this.#arrived;
    this.#arrived = deferred();
    arrived.resolve();
  }
}

/** The types of frames (RFC 9113, section 6). */
export const frameTypes = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Their flags. */
export const frameFlags = { ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 0x20 } as const;

/** A header block in which every field is spelled out. */
export function fieldBlock(fields: Iterable<readonly [name: string, value: string]>): Buffer {
  return Buffer.concat([...fields].flatMap(([name, value]) => [Buffer.alloc(1), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([lengthBytes(bytes.length), bytes]);
}

/** A length before a text in a header block, which is not compressed (RFC 7541, section 5.2). */
export function lengthBytes(length: number): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The header block of a request, with more fields after the pseudo-headers. */
export function requestBlock(path: string, fields: readonly (readonly [name: string, value: string])[] = []): Buffer {
  return fieldBlock([[':method', 'POST'], [':scheme', 'http'], [':path', path], ...fields]);
}

/** A HEADERS frame, which ends the headers and the stream unless told otherwise. */
export function headersFrame(
  stream: number,
  block: Buffer,
  flags: number = frameFlags.END_HEADERS | frameFlags.END_STREAM,
): Partial<RawFrame> {
  return { type: frameTypes.HEADERS, flags, stream, payload: block };
}

/** A header block in frames of at most so many bytes: HEADERS, and CONTINUATION as often as it takes. */
export function headersFrames(
  stream: number,
  block: Buffer,
  { last = true, bytes = 16_384 }: { readonly last?: boolean; readonly bytes?: number } = {},
): Partial<RawFrame>[] {
  const frames: Partial<RawFrame>[] = [];
  for (let start = 0; start === 0 || start < block.length; start += bytes) {
    const first = start === 0;
    const end = start + bytes >= block.length ? frameFlags.END_HEADERS : 0;
    const flags = end | (first && last ? frameFlags.END_STREAM : 0);
    const type = first ? frameTypes.HEADERS : frameTypes.CONTINUATION;
    frames.push({ type, flags, stream, payload: block.subarray(start, start + bytes) });
  }
  return frames;
}

/** A DATA frame. */
export function dataFrame(stream: number, payload: Buffer, last = false): Partial<RawFrame> {
  return { type: frameTypes.DATA, flags: last ? frameFlags.END_STREAM : 0, stream, payload };
}

/** Four bytes, big end first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
