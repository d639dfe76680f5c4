import type { HeaderBlock } from '../http2/index.js';

/** What a call needs of the HTTP/2 stream on which it came, whatever speaks HTTP/2. */
export interface CallStream {
  readonly headers: CallHeaders;
  /** Begins the answer. */
  respond(block: HeaderBlock): void;
  /** Sends data; resolves when the connection has taken it, and never when the client is gone. */
  write(bytes: Buffer): Promise<void>;
  /** Sends the only data of an answer and its end. */
  finish(bytes: Buffer, trailers: HeaderBlock): void;
  /** Ends the answer. Without `respond` before it these headers are all of it. */
  end(trailers: HeaderBlock): void;
  /** Nobody works for this call any more. */
  release(): void;
}

/** The headers with which a call begins. */
export interface CallHeaders {
  readonly method: string;
  readonly path: string;
  /** The first value of a header, by its name in lower case. */
  get(name: string): string | undefined;
}
