import { defaultWindow, frameTypes, settings } from './frames.js';
import type { OutgoingFrame } from './output.js';
import { ProtocolError } from './protocol-error.js';

/** What a server takes. */
export interface ServerLimits {
  /** Requests of one connection under way at once. */
  readonly streams: number;
  /** The headers of a request, in bytes as HTTP/2 counts them: 32 for each field beside what is in it. */
  readonly headerBytes: number;
  /** The headers of all requests of one connection that are under way, together, in bytes. */
  readonly heldHeaderBytes: number;
  /** The body of a request, in bytes. */
  readonly bodyBytes: number;
  /** The bodies of one connection that are not complete, together, in bytes. */
  readonly bufferedBytes: number;
  /** The answers of one connection that wait because the client takes no more, together, in bytes. */
  readonly answerBytes: number;
  /** How much of a body may be on its way, in bytes. */
  readonly streamWindow: number;
  /** After how much silence a peer is asked for a sign of life, and how long that may take, in milliseconds. */
  readonly keepaliveMs: number;
  /** How long a new connection may take to say that it is one of HTTP/2, in milliseconds. */
  readonly prefaceMs: number;
}

/** How much may be on its way on a whole connection, in bytes. */
export const connectionWindow = 16 * 1024 * 1024;

/** Four bytes, big end first. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** What a server says first: its settings, and the window of the connection. */
export function initialFrames(limits: ServerLimits): { frame: OutgoingFrame; payload: Buffer }[] {
  const values: readonly (readonly [setting: number, value: number])[] = [
    [settings.MAX_CONCURRENT_STREAMS, limits.streams],
    [settings.INITIAL_WINDOW_SIZE, limits.streamWindow],
    [settings.MAX_HEADER_LIST_SIZE, limits.headerBytes],
  ];
  const payload = Buffer.alloc(values.length * 6);
  for (const [index, [setting, value]] of values.entries()) {
    payload.writeUInt16BE(setting, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return [
    { frame: { type: frameTypes.SETTINGS, flags: 0, stream: 0 }, payload },
    {
      frame: { type: frameTypes.WINDOW_UPDATE, flags: 0, stream: 0 },
      payload: uint32(connectionWindow - defaultWindow),
    },
  ];
}

/** The window that we give to the peer's data on a connection. */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /**
   * Counts what arrived.
   * @returns by how much to widen the window now; 0 while it is wide enough.
   * @throws ProtocolError when the peer sent more than it may.
   */
  take(bytes: number): number {
    this.#left -= bytes;
    if (this.#left < 0) throw new ProtocolError('FLOW_CONTROL_ERROR', 'more data than the window allows');
    if (this.#left > this.#size / 2) return 0;
    const widening = this.#size - this.#left;
    this.#left = this.#size;
    return widening;
  }
}
