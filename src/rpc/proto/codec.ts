import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** A type of message, as the generated code describes it. */
export interface MessageType<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Up to this length it is quicker to look at each byte of a text than to ask the decoder. */
const shortText = 128;

/** The text that bytes stand for. Most are short and plain ASCII, for which the decoder takes many times as long. */
function strictText(bytes: Uint8Array): string {
  return isShortAscii(bytes) ? asLatin1(bytes) : utf8.decode(bytes);
}

function isShortAscii(bytes: Uint8Array): boolean {
  if (bytes.length > shortText) return false;
  let all = 0;
  for (let index = 0; index < bytes.length; index++) all |= bytes[index] ?? 0;
  return all < 0x80;
}

function asLatin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1');
}

/** A buffer that grew beyond this is not kept for the next message. */
const keptBytes = 256 * 1024;

/**
 * The writer that all messages share: its buffer has grown to their usual size, which makes writing one several times
 * as fast as with a new writer. Writing is synchronous, so that no two messages are under way at once.
 */
let shared: BinaryWriter | undefined = new BinaryWriter();

/**
 * The bytes of a message. They are the caller's own.
 * @throws Error when a field holds what its type on the wire cannot.
 */
export function encodeMessage<T>(type: MessageType<T>, message: T): Buffer {
  const writer = shared ?? new BinaryWriter();
  // Taken away while in use: a writer that an error left half-way must not be used again.
  shared = undefined;
  const { buffer, byteOffset, byteLength } = type.encode(message, writer).finish();
  if (byteLength <= keptBytes) shared = writer;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * The message that bytes stand for. Fields of type `bytes` are views of the input.
 * @throws Error when they stand for none: truncated, trailing garbage, or text that is not UTF-8. Text is checked
 * because two malformed keys must not be taken for the same one.
 */
export function decodeMessage<T>(type: MessageType<T>, bytes: Uint8Array): T {
  const reader = new BinaryReader(bytes, strictText);
  const message = type.decode(reader);
  if (reader.pos !== reader.len) throw new Error(`message ends after ${reader.pos} of ${reader.len} bytes`);
  return message;
}
