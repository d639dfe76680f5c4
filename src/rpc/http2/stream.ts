import type { HeaderBlock } from './header-encoder.js';
import type { RequestHeaders } from './request-headers.js';

/** What a server does with a request. */
export interface StreamListener {
  /** The whole body has arrived. It is the listener's own. */
  body(bytes: Buffer): void;
  /** The body became larger than the server takes; no more of it is kept. @param head How it begins. */
  overflow(head: Buffer): void;
  /** The client gave the request up or is gone, before it had the whole answer: nothing that is sent arrives any more. */
  gone(): void;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  /** Queues headers that begin or end an answer. */
  sendHeaders(stream: ServerStream, block: HeaderBlock, last: boolean): void;
  /** Sends as much as the peer's windows and the socket allow, and gives how many bytes that was. */
  sendData(stream: ServerStream, bytes: Buffer, offset: number): number;
  /** The stream has something to send that did not go out; to be resumed. */
  block(stream: ServerStream): void;
  /** The answer is complete. */
  answered(stream: ServerStream): void;
  /** So many more bytes of an answer wait to be sent, or fewer. */
  waiting(stream: ServerStream, bytes: number): void;
  /** The server has nothing more to do for a stream. */
  released(stream: ServerStream): void;
}

type Waiting =
  | { readonly kind: 'data'; readonly bytes: Buffer; offset: number; readonly sent: () => void }
  | { readonly kind: 'trailers'; readonly block: HeaderBlock };

/** A request and its answer: headers, any data, trailers. */
export class ServerStream {
  readonly id: number;
  readonly headers: RequestHeaders;
  /** How many bytes the client takes at present. */
  sendWindow: number;
  /** How many bytes the client may still send. */
  receiveWindow: number;
  listener: StreamListener | undefined;
  /** The client has sent everything. */
  remoteClosed = false;
  /** How many bytes of the body have arrived. */
  received = 0;
  /** The body is larger than the server takes. */
  overflowed = false;
  /** Everything that is sent from now on is for nothing. */
  dead = false;
  /** What arrived of the body. */
  readonly #chunks: Buffer[] = [];
  #bodyBytes = 0;
  readonly #host: StreamHost;
  readonly #waiting: Waiting[] = [];
  #released = false;

  constructor(host: StreamHost, options: { id: number; headers: RequestHeaders; sendWindow: number; window: number }) {
    this.#host = host;
    this.id = options.id;
    this.headers = options.headers;
    this.sendWindow = options.sendWindow;
    this.receiveWindow = options.window;
  }

  /** How many bytes of the body are held. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Whether the server has nothing more to do for it. */
  get released(): boolean {
    return this.#released;
  }

  /** Whether as much has arrived as the client said. */
  get sound(): boolean {
    const { contentLength = this.received } = this.headers;
    return this.received === contentLength;
  }

  /** How the body begins. */
  get bodyHead(): Buffer {
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Keeps a copy of a part of the body. */
  addBody(bytes: Buffer, start: number, end: number): void {
    this.#chunks.push(Buffer.from(bytes.subarray(start, end)));
    this.#bodyBytes += end - start;
  }

  /** Gives the body away. */
  takeBody(): Buffer {
    const [only] = this.#chunks;
    const body = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.dropBody();
    return body;
  }

  /** Forgets what arrived. */
  dropBody(): void {
    this.#chunks.length = 0;
    this.#bodyBytes = 0;
  }

  /** Begins the answer. */
  respond(block: HeaderBlock): void {
    if (!this.dead) this.#host.sendHeaders(this, block, false);
  }

  /** Sends data; resolves when the connection has taken it, and never when the client is gone. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#queue({ kind: 'data', bytes, offset: 0, sent: resolve }));
  }

  /** Sends the only data of an answer and its end. */
  finish(bytes: Buffer, trailers: HeaderBlock): void {
    if (this.dead) return;
    // Nearly always all of it goes out at once, and nothing has to be kept.
    const sent = this.#waiting.length === 0 ? this.#host.sendData(this, bytes, 0) : 0;
    if (sent < bytes.length) this.#wait({ kind: 'data', bytes, offset: sent, sent: nothing });
    this.end(trailers);
  }

  /** Ends the answer. Without `respond` before it these headers are all of it. */
  end(trailers: HeaderBlock): void {
    this.#queue({ kind: 'trailers', block: trailers });
  }

  /** Sends what waits, as far as that is possible. */
  resume(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || this.dead) return;
      if (!this.#send(next)) {
        this.#host.block(this);
        return;
      }
      this.#waiting.shift();
      this.#host.waiting(this, -sizeOf(next));
    }
  }

  /** Forgets what waits, and everything that is sent from now on. */
  die(): void {
    this.dead = true;
    for (const item of this.#waiting.splice(0)) this.#host.waiting(this, -sizeOf(item));
  }

  /** To be called once when nobody works for this request any more. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#host.released(this);
  }

  #queue(item: Waiting): void {
    if (this.dead) return;
    if (this.#waiting.length > 0 || !this.#send(item)) this.#wait(item);
  }

  #wait(item: Waiting): void {
    this.#waiting.push(item);
    this.#host.block(this);
    this.#host.waiting(this, sizeOf(item));
  }

  /** Whether all of it went out. */
  #send(item: Waiting): boolean {
    if (item.kind === 'trailers') {
      this.#host.sendHeaders(this, item.block, true);
      this.#host.answered(this);
      return true;
    }
    item.offset += this.#host.sendData(this, item.bytes, item.offset);
    if (item.offset < item.bytes.length) return false;
    item.sent();
    return true;
  }
}

function sizeOf(item: Waiting): number {
  return item.kind === 'data' ? item.bytes.length : 0;
}

function nothing(): void {}
