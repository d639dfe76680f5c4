/** The numbers of HTTP/2's frames (RFC 9113, section 6). */

/** The types. */
export const frameTypes = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** The flags, of which some have a meaning of their own on each type. */
export const flags = {
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** What a side can ask for (section 6.5.2). */
export const settings = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** The bytes before each frame's payload: its length, type, flags and stream. */
export const frameHeaderBytes = 9;

/** The largest payload that either side must take when nothing else was agreed, and the largest that we take. */
export const defaultMaxFrame = 16_384;

/** The window of a connection, and of streams when nothing else was agreed. */
export const defaultWindow = 65_535;

/** The largest window. */
export const maxWindow = 2 ** 31 - 1;

/** What a client sends first (section 3.4). */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
