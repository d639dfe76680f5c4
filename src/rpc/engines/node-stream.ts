import { constants, type ServerHttp2Stream } from 'node:http2';
import type { HeaderBlock, StreamListener } from '../http2/index.js';
import type { CallHeaders, CallStream } from './call-stream.js';

const { NGHTTP2_ENHANCE_YOUR_CALM } = constants;

/** The bodies of one connection that are not complete, together. */
export interface BodyBudget {
  /** In bytes. */
  left: number;
}

/** What a stream is made of. */
export interface NodeStreamOptions {
  /** Its headers, names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** The largest body, in bytes. */
  readonly largestBody: number;
  readonly budget: BodyBudget;
}

/** A call on a stream of Node's own HTTP/2. */
export class NodeStream implements CallStream {
  readonly headers: CallHeaders;
  readonly #stream: ServerHttp2Stream;
  readonly #largestBody: number;
  readonly #budget: BodyBudget;
  readonly #chunks: Buffer[] = [];
  #bodyBytes = 0;
  #overflowed = false;
  #ended = false;
  #trailers: HeaderBlock | undefined;

  constructor(stream: ServerHttp2Stream, { rawHeaders, largestBody, budget }: NodeStreamOptions) {
    this.#stream = stream;
    this.#largestBody = largestBody;
    this.#budget = budget;
    this.headers = headersOf(rawHeaders);
    // What is wrong is told by the stream's end.
    stream.on('error', () => {});
    stream.on('wantTrailers', () => {
      if (this.#trailers !== undefined) stream.sendTrailers(fieldsOf(this.#trailers));
    });
  }

  /** Passes on what comes of the request. */
  listen(listener: StreamListener): void {
    this.#stream.on('data', (chunk: Buffer) => this.#data(chunk, listener));
    this.#stream.on('end', () => {
      if (this.#overflowed || this.#stream.aborted) return;
      const body = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
      listener.body(body ?? Buffer.concat(this.#chunks));
      this.#drop();
    });
    this.#stream.once('close', () => {
      this.#drop();
      if (!this.#ended) listener.gone();
    });
  }

  respond(block: HeaderBlock): void {
    if (this.#lost) return;
    this.#stream.respond(fieldsOf(block), { waitForTrailers: true });
  }

  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#lost) return;
      this.#stream.write(bytes, (error) => {
        if (error === null || error === undefined) resolve();
      });
    });
  }

  finish(bytes: Buffer, trailers: HeaderBlock): void {
    this.#end(trailers, bytes);
  }

  end(trailers: HeaderBlock): void {
    this.#end(trailers);
  }

  release(): void {}

  get #lost(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #end(trailers: HeaderBlock, bytes?: Buffer): void {
    this.#ended = true;
    if (this.#lost) return;
    if (this.#stream.headersSent) {
      this.#trailers = trailers;
      if (bytes === undefined) this.#stream.end();
      else this.#stream.end(bytes);
    } else {
      this.#stream.respond(fieldsOf(trailers), { endStream: true });
    }
  }

  #data(chunk: Buffer, listener: StreamListener): void {
    // What comes after the answer is read and dropped: when it is reset instead, some clients never see the answer.
    if (this.#overflowed || this.#ended) return;
    if (this.#budget.left < chunk.length) {
      this.#stream.close(NGHTTP2_ENHANCE_YOUR_CALM);
      return;
    }
    this.#chunks.push(chunk);
    this.#bodyBytes += chunk.length;
    this.#budget.left -= chunk.length;
    if (this.#bodyBytes <= this.#largestBody) return;
    this.#overflowed = true;
    const [head = chunk] = this.#chunks;
    this.#drop();
    listener.overflow(head);
  }

  #drop(): void {
    this.#budget.left += this.#bodyBytes;
    this.#bodyBytes = 0;
    this.#chunks.length = 0;
  }
}

function headersOf(raw: readonly string[]): CallHeaders {
  const get = (name: string): string | undefined => {
    for (let index = 0; index < raw.length; index += 2) if (raw[index] === name) return raw[index + 1];
    return undefined;
  };
  return { method: get(':method') ?? '', path: get(':path') ?? '', get };
}

function fieldsOf({ fields }: HeaderBlock): Record<string, string> {
  return Object.fromEntries(fields);
}
