/** Frames about the connection and its streams, without content. */
import { requireConnection, requireLength } from './frame-checks.js';
import type { Frame } from './frame-reader.js';
import { flags, frameTypes } from './frames.js';
import type { Output } from './output.js';
import { type ErrorCodeName, errorCodes } from './protocol-error.js';
import { uint32 } from './windows.js';

/** Ends a stream. */
export function sendReset(output: Output, stream: number, code: ErrorCodeName): void {
  output.frame({ type: frameTypes.RST_STREAM, flags: 0, stream }, uint32(errorCodes[code]));
}

/** What GOAWAY says. */
export interface GoAway {
  /** The last stream that was looked at. */
  readonly lastStream: number;
  readonly code: ErrorCodeName;
  /** For people. */
  readonly text?: string;
}

/** Tells the peer that no further streams are taken. */
export function sendGoAway(output: Output, { lastStream, code, text = '' }: GoAway): void {
  const payload = Buffer.concat([uint32(lastStream), uint32(errorCodes[code]), Buffer.from(text)]);
  output.frame({ type: frameTypes.GOAWAY, flags: 0, stream: 0 }, payload);
}

/** Asks the peer for a sign of life. */
export function sendPing(output: Output): void {
  output.frame({ type: frameTypes.PING, flags: 0, stream: 0 }, Buffer.alloc(8));
}

/** Answers a PING of the peer; an answer to ours needs none. @throws ProtocolError for one that is malformed. */
export function answerPing(output: Output, frame: Frame): void {
  requireConnection(frame);
  requireLength(frame, 8);
  if (frame.flags & flags.ACK) return;
  output.frame({ type: frameTypes.PING, flags: flags.ACK, stream: 0 }, frame.bytes, frame.start, frame.end);
}
