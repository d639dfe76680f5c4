// HTTP/2: headers and frames, without a socket.
import { FrameReader } from '#strata/rpc/http2/frame-reader.js';
import { flags, frameHeaderBytes, frameTypes, preface } from '#strata/rpc/http2/frames.js';
import { HeaderEncoder, headerBlock } from '#strata/rpc/http2/header-encoder.js';
import { HeaderReceiver } from '#strata/rpc/http2/header-receiver.js';
import { encodeField, encodeHeaders, encodeRemembered } from '#strata/rpc/http2/hpack/encode.js';

/** @typedef {import('./measure.mjs').Subject} Subject */
/** @typedef {readonly [name: string, value: string]} Field */

const group = 'http2';
const frames = 100;
const largestHeaders = 65_536;

/** What containerd's client sends with each call. @type {readonly Field[]} */
const request = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/containerd.services.snapshots.v1.Snapshots/Stat'],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
  ['user-agent', 'grpc-go/1.57.0'],
  ['te', 'trailers'],
  ['containerd-namespace', 'default'],
];

/** @type {readonly Field[]} */
const response = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** @param {{ type: number, set: number, stream: number, payload: Buffer }} frame */
function frameBytes({ type, set, stream, payload }) {
  const head = Buffer.alloc(frameHeaderBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = set;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/**
 * Reads one block of headers again and again, on a connection that has seen another one.
 * @param {Buffer} block
 * @param {Buffer} [before]
 */
function receiving(block, before) {
  const receiver = new HeaderReceiver(largestHeaders, () => {});
  /** @param {Buffer} bytes */
  const frame = (bytes) => ({
    type: frameTypes.HEADERS,
    flags: flags.END_HEADERS,
    stream: 1,
    bytes,
    start: 0,
    end: bytes.length,
  });
  if (before !== undefined) receiver.begin(frame(before));
  return () => receiver.begin(frame(block));
}

/** The first request of a connection, and the ones behind it that refer to what was in it. */
function requestBlocks() {
  const [kept, known] = [request.slice(2), request.slice(0, 2)];
  const first = Buffer.concat([encodeHeaders(known), ...kept.map((field) => encodeField(field, 'remember'))]);
  const references = kept.map((_, index) => encodeRemembered(kept.length - 1 - index));
  return { first, later: Buffer.concat([encodeHeaders(known), ...references]) };
}

/** @returns {Subject} */
function readingFrames() {
  const reader = new FrameReader(() => {});
  const payload = Buffer.alloc(60);
  const each = frameBytes({ type: frameTypes.DATA, set: flags.END_STREAM, stream: 1, payload });
  const chunk = Buffer.concat(Array.from({ length: frames }, () => each));
  reader.push(preface);
  return { group, name: `read frames, ${frames} in a chunk, each`, per: frames, run: () => reader.push(chunk) };
}

/** @returns {Subject} */
function writingHeaders() {
  const encoder = new HeaderEncoder();
  const block = headerBlock(response, { common: true });
  return { group, name: 'write the headers of an answer', run: () => encoder.encode(block) };
}

const { first, later } = requestBlocks();

/** @type {readonly Subject[]} */
export const http2Subjects = [
  readingFrames(),
  { group, name: 'read the headers of a request, all spelled out', run: receiving(encodeHeaders(request)) },
  { group, name: 'read the headers of a request that repeats the last', run: receiving(later, first) },
  writingHeaders(),
];
