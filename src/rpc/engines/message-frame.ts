import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { messageOf } from '../../errors/index.js';
import { StatusError } from './status.js';

/** The numbers of the status codes that this file uses. */
const codes = { resourceExhausted: 8, unimplemented: 12, internal: 13 } as const;

/** Before each message: whether it is compressed, and its length (gRPC's PROTOCOL-HTTP2.md). */
export const frameHeadBytes = 5;

const decompressors: Readonly<Record<string, typeof gunzip>> = { gzip: gunzip, deflate: inflate };

/** What a client may compress its messages with, beside not at all. */
export const acceptedEncodings: readonly string[] = ['identity', ...Object.keys(decompressors)];

/** How to read the body of a request. */
export interface Unframing {
  readonly encoding: string | undefined;
  /** In bytes, also after decompression. */
  readonly largestMessage: number;
}

/**
 * The one message of a request: a view of the body, or a promise where it has to be decompressed.
 * @throws StatusError: Unimplemented when there is not exactly one message or its compression is not known,
 * ResourceExhausted when it is too large, Internal when the compressed bytes are damaged, or it says that it is compressed
 * and nothing says how.
 */
export function unframe(body: Buffer, { encoding = 'identity', largestMessage }: Unframing): Buffer | Promise<Buffer> {
  const length = announcedLength(body);
  if (length !== undefined && length > largestMessage) throw tooLarge(length, largestMessage);
  if (length === undefined || body.length !== frameHeadBytes + length) {
    throw new StatusError({ code: codes.unimplemented, message: 'the method takes exactly one message' });
  }
  const [compressed = 0] = body;
  if (compressed > 1) {
    throw new StatusError({ code: codes.internal, message: `received unexpected payload format ${compressed}` });
  }
  const message = body.subarray(frameHeadBytes);
  if (compressed === 0) return message;
  if (encoding === 'identity') {
    throw new StatusError({ code: codes.internal, message: 'compressed flag set with identity or empty encoding' });
  }
  return decompress(message, { encoding, largestMessage });
}

/** How long the first message says it is; undefined when not even that has arrived. */
export function announcedLength(body: Buffer): number | undefined {
  return body.length < frameHeadBytes ? undefined : body.readUInt32BE(1);
}

/** The error for a message that is larger than the server takes. */
export function tooLarge(bytes: number, limit: number): StatusError {
  const message = `received message larger than max (${bytes} vs ${limit})`;
  return new StatusError({ code: codes.resourceExhausted, message });
}

/** Frames a message. */
export function frameOf(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(frameHeadBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, frameHeadBytes);
  return framed;
}

async function decompress(bytes: Buffer, { encoding = '', largestMessage }: Unframing): Promise<Buffer> {
  const decompressor = decompressors[encoding];
  if (decompressor === undefined) {
    const message = `the compression ${JSON.stringify(encoding)} is not known`;
    throw new StatusError({ code: codes.unimplemented, message });
  }
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(decompressor)(bytes, {
      maxOutputLength: largestMessage,
    });
  } catch (error) {
    // Node's word for more output than allowed.
    if (error instanceof RangeError) throw tooLarge(largestMessage + 1, largestMessage);
    throw new StatusError({ code: codes.internal, message: `cannot decompress the message: ${messageOf(error)}` });
  }
}
