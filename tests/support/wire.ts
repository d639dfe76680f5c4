/**
 * gRPC by hand: enough of HTTP/2 and protobuf to send what is right, and what no library would send. Nothing of it is
 * shared with the code that is tested.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { createConnection } from 'node:net';
import { type Field, frame, readFields } from './protobuf.js';

/** The numbers of the status codes (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const codes = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** What came of a call. */
export interface Answer {
  /** Undefined when the stream ended without a status. */
  readonly code: number | undefined;
  readonly text: string;
  readonly messages: readonly (readonly Field[])[];
}

/** What is out of the ordinary about a call. */
export interface CallOptions {
  /** Sent as the namespace; `null` sends none. */
  readonly namespace?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the message in its frame. */
  readonly raw?: Buffer;
}

/** A connection to a daemon. */
export class Wire {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect('http://localhost', {
      createConnection: () => createConnection(address),
      // In megabytes: with the default of 10, Node gives up on a large request before it has left.
      maxSessionMemory: 100,
    });
    // A connection that breaks shows in each of its calls.
    this.#session.on('error', () => {});
  }

  /** Sends a request and waits for all of the answer. */
  async call(method: string, message: Buffer, options: CallOptions = {}): Promise<Answer> {
    const stream = this.open(method, options);
    const answer = collectAnswer(stream);
    stream.end(options.raw ?? frame(message));
    return answer;
  }

  /** Starts a call and leaves the rest to the caller. */
  open(method: string, { namespace = 'default', headers = {} }: CallOptions = {}): ClientHttp2Stream {
    return this.#session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(namespace === null ? {} : { 'containerd-namespace': namespace }),
      ...headers,
    });
  }

  /** Goes away without a word, whatever is under way. */
  destroy(): void {
    this.#session.destroy();
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    if (this.#session.closed || this.#session.destroyed) return;
    await new Promise<void>((resolve) => this.#session.close(resolve));
  }
}

function collectAnswer(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let code: number | undefined;
    let text = '';
    const readStatus = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] === undefined) return;
      code = Number(headers['grpc-status']);
      text = decodeURIComponent(String(headers['grpc-message'] ?? ''));
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A stream that breaks off has no status; that is the answer.
    stream.on('error', () => {});
    stream.on('close', () => resolve({ code, text, messages: readFrames(Buffer.concat(chunks)).map(readFields) }));
  });
}

function readFrames(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  let position = 0;
  while (position + 5 <= bytes.length) {
    const end = position + 5 + bytes.readUInt32BE(position + 1);
    messages.push(bytes.subarray(position + 5, end));
    position = end;
  }
  return messages;
}
