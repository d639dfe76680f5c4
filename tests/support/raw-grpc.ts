import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { createConnection } from 'node:net';

/** What came back for a hand-made call. */
export interface RawAnswer {
  /** The gRPC status code; undefined when the stream ended without one. */
  readonly status: number | undefined;
  /** The text of the status, decoded. */
  readonly message: string;
  /** The bytes of each message, without their frames. */
  readonly messages: readonly Buffer[];
}

/** A hand-made call. */
export interface RawCall {
  /** `/<service>/<method>`. */
  readonly path: string;
  /** The body as it goes out, frames and all. */
  readonly body: Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** A gRPC frame around a message. */
export function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** An HTTP/2 connection on which a test can send what no gRPC library would. */
export class RawConnection implements AsyncDisposable {
  readonly session: ClientHttp2Session;

  constructor(socket: string) {
    this.session = connect('http://localhost', {
      createConnection: () => createConnection(socket),
      // In megabytes; by default Node itself refuses to send large requests.
      maxSessionMemory: 1000,
      maxSendHeaderBlockLength: 2 ** 26,
    });
    // Seen by the calls that are under way.
    this.session.on('error', () => {});
  }

  /** Sends a call and waits for the end of its answer. */
  call({ path, body, headers = {} }: RawCall): Promise<RawAnswer> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let status: IncomingHttpHeaders = {};
      const note = (received: IncomingHttpHeaders): void => {
        if ('grpc-status' in received) status = received;
      };
      stream.on('response', note);
      stream.on('trailers', note);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      // An answer without a status says it all.
      stream.on('error', () => {});
      stream.on('close', () => resolve(answer(status, Buffer.concat(chunks))));
      stream.end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.destroy();
  }
}

function answer(status: IncomingHttpHeaders, body: Buffer): RawAnswer {
  const code = status['grpc-status'];
  return {
    status: code === undefined ? undefined : Number(code),
    message: decoded(String(status['grpc-message'] ?? '')),
    messages: unframe(body),
  };
}

/** Percent-decodes what can be decoded, as the protocol of gRPC asks for. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString());
}

function unframe(body: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let rest = body; rest.length > 0; ) {
    const end = 5 + rest.readUInt32BE(1);
    messages.push(rest.subarray(5, end));
    rest = rest.subarray(end);
  }
  return messages;
}
