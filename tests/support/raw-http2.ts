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

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
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

/** Speaks HTTP/2 frame by frame, right or wrong, as a test wants it. */
export class RawPeer implements AsyncDisposable {
  readonly socket: Socket;
  readonly #frames: RawFrame[] = [];
  #rest = Buffer.alloc(0);
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
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= headBytes) {
      const end = headBytes + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      this.#frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(headBytes, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
    this.#wake();
  }

  #wake(): void {
    const arrived = this.#arrived;
    this.#arrived = deferred();
    arrived.resolve();
  }
}
