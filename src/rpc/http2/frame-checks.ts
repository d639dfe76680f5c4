/** What must hold for frames of several types (RFC 9113, section 6). */
import type { Frame } from './frame-reader.js';
import { flags } from './frames.js';
import { ProtocolError } from './protocol-error.js';

/** The part of a DATA frame that is data. @throws ProtocolError when the padding is longer than the frame. */
export function withoutPadding({ bytes, start, end, flags: set }: Frame): { start: number; end: number } {
  if ((set & flags.PADDED) === 0) return { start, end };
  const padding = bytes[start] ?? 0;
  if (start === end || start + 1 + padding > end) throw new ProtocolError('PROTOCOL_ERROR', 'more padding than frame');
  return { start: start + 1, end: end - padding };
}

/** @throws ProtocolError when a frame has not the size that its type has. */
export function requireLength({ start, end }: Frame, bytes: number): void {
  if (end - start !== bytes) throw new ProtocolError('FRAME_SIZE_ERROR', `a frame of ${end - start} bytes`);
}

/** @throws ProtocolError when a frame that concerns the connection names a stream. */
export function requireConnection({ stream }: Frame): void {
  if (stream !== 0) throw new ProtocolError('PROTOCOL_ERROR', 'a frame of the connection on a stream');
}

/** @throws ProtocolError when a frame that concerns a stream names none, or has not the size of its type. */
export function requireStream(frame: Frame, bytes: number): void {
  requireLength(frame, bytes);
  if (frame.stream === 0) throw new ProtocolError('PROTOCOL_ERROR', 'a frame of a stream on the connection');
}

/** @throws ProtocolError always: only servers push. */
export function refusePush(): never {
  throw new ProtocolError('PROTOCOL_ERROR', 'a client cannot push');
}
