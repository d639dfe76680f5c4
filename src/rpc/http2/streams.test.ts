import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { serveEcho } from '../../../tests/support/http2-server.js';
import {
  dataFrame,
  fieldBlock,
  frameFlags,
  headersFrame,
  type RawFrame,
  RawPeer,
  requestBlock,
  frameTypes as types,
  uint32,
} from '../../../tests/support/raw-http2.js';
import { errorCodes } from './protocol-error.js';

type Code = keyof typeof errorCodes;

const { END_HEADERS } = frameFlags;
const byte = Buffer.from('x');
const trailers = fieldBlock([['checksum', '1']]);

/** How a client brings stream 1 into a state. */
const states = {
  open: [headersFrame(1, requestBlock('/wait'), END_HEADERS)],
  'half-closed by the client': [headersFrame(1, requestBlock('/wait'))],
  'answered, and ended by the client': [headersFrame(1, requestBlock('/echo'))],
  'answered before the client ended it': [headersFrame(1, requestBlock('/now'), END_HEADERS)],
  'reset by the client': [
    headersFrame(1, requestBlock('/wait'), END_HEADERS),
    { type: types.RST_STREAM, stream: 1, payload: uint32(errorCodes.CANCEL) },
  ],
  'too old to be remembered': [
    headersFrame(1, requestBlock('/now'), END_HEADERS),
    ...Array.from({ length: 256 }, (_, n) => headersFrame(3 + 2 * n, requestBlock('/now'))),
  ],
} as const satisfies Record<string, readonly Partial<RawFrame>[]>;

/** What a client then sends on it. */
const frames = {
  data: dataFrame(1, byte),
  'the last data': dataFrame(1, byte, true),
  trailers: headersFrame(1, trailers),
  'headers that do not end it': headersFrame(1, trailers, END_HEADERS),
  'a second request': headersFrame(1, requestBlock('/echo')),
  'data with more padding than there is': {
    type: types.DATA,
    flags: frameFlags.PADDED,
    stream: 1,
    payload: Buffer.from([4, 1]),
  },
  'a window update': { type: types.WINDOW_UPDATE, stream: 1, payload: uint32(1) },
  'a window update of nothing': { type: types.WINDOW_UPDATE, stream: 1, payload: uint32(0) },
  'a reset': { type: types.RST_STREAM, stream: 1, payload: uint32(errorCodes.CANCEL) },
  'a priority': { type: types.PRIORITY, stream: 1, payload: Buffer.alloc(5) },
} as const satisfies Record<string, Partial<RawFrame>>;

/** What the server does about it: nothing, reset the stream, or end the connection. */
type Reaction = 'nothing' | `reset ${Code}` | `goodbye ${Code}`;

const reactions: Record<keyof typeof states, Partial<Record<keyof typeof frames, Reaction>>> = {
  open: {
    'headers that do not end it': 'reset PROTOCOL_ERROR',
    'a second request': 'reset PROTOCOL_ERROR',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
  'half-closed by the client': {
    data: 'reset STREAM_CLOSED',
    'the last data': 'reset STREAM_CLOSED',
    trailers: 'reset STREAM_CLOSED',
    'headers that do not end it': 'reset STREAM_CLOSED',
    'a second request': 'reset STREAM_CLOSED',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
  'answered, and ended by the client': {
    data: 'goodbye STREAM_CLOSED',
    'the last data': 'goodbye STREAM_CLOSED',
    trailers: 'goodbye STREAM_CLOSED',
    'headers that do not end it': 'goodbye STREAM_CLOSED',
    'a second request': 'goodbye STREAM_CLOSED',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
  // Whatever is sound may have been on its way.
  'answered before the client ended it': {
    'headers that do not end it': 'reset PROTOCOL_ERROR',
    'a second request': 'reset PROTOCOL_ERROR',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
  'reset by the client': {
    data: 'reset STREAM_CLOSED',
    'the last data': 'reset STREAM_CLOSED',
    trailers: 'reset STREAM_CLOSED',
    'headers that do not end it': 'reset STREAM_CLOSED',
    'a second request': 'reset STREAM_CLOSED',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
  'too old to be remembered': {
    'a second request': 'goodbye PROTOCOL_ERROR',
    'data with more padding than there is': 'goodbye PROTOCOL_ERROR',
    'a window update of nothing': 'reset PROTOCOL_ERROR',
  },
};

const ping = { type: types.PING, payload: Buffer.alloc(8) };

/** What the server says to a frame: everything until it answers the ping behind it. */
async function reactionTo(peer: RawPeer, frame: Partial<RawFrame>): Promise<Reaction> {
  peer.send(frame, ping);
  const answer = await peer.next(
    ({ type, stream }) => type === types.PING || type === types.GOAWAY || (type === types.RST_STREAM && stream === 1),
  );
  if (answer === undefined || answer.type === types.PING) return 'nothing';
  const code = answer.payload.readUInt32BE(answer.type === types.GOAWAY ? 4 : 0);
  const name = Object.entries(errorCodes).find(([, value]) => value === code)?.[0] as Code;
  return answer.type === types.GOAWAY ? `goodbye ${name}` : `reset ${name}`;
}

for (const state of Object.keys(states) as (keyof typeof states)[]) {
  describe(`a stream that is ${state}`, () => {
    for (const name of Object.keys(frames) as (keyof typeof frames)[]) {
      const expected = reactions[state][name] ?? 'nothing';
      it(`meets ${name} with ${expected}`, async (t) => {
        const { socket, seen } = await serveEcho(t);
        await using peer = await RawPeer.connect(socket);
        peer.send(...states[state], ping);
        await peer.ofType(types.PING);
        // The end of an answer that came early.
        if (state.startsWith('answered before') || state.startsWith('too old')) await peer.ofType(types.RST_STREAM);
        const closed = once(peer.socket, 'close');
        assert.equal(await reactionTo(peer, frames[name]), expected);
        if (expected.startsWith('goodbye')) await closed;
        else if (expected.startsWith('reset') && state.includes('lf-closed')) assert.equal(seen.gone, 1);
      });
    }
  });
}

describe('a stream that was answered before the client ended it', () => {
  it('takes what was on its way until the client ends it, and nothing then', async (t) => {
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headersFrame(1, requestBlock('/now'), END_HEADERS));
    await peer.ofType(types.RST_STREAM);
    assert.equal(await reactionTo(peer, dataFrame(1, byte)), 'nothing');
    assert.equal(await reactionTo(peer, dataFrame(1, byte, true)), 'nothing');
    assert.equal(await reactionTo(peer, dataFrame(1, byte)), 'goodbye STREAM_CLOSED');
  });
});

describe('a request', () => {
  it('that is complete is not told to stop when the answer comes at once', async (t) => {
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    assert.equal(await reactionTo(peer, headersFrame(1, requestBlock('/now'))), 'nothing');
  });

  it('on a stream that was left out is an error of the connection', async (t) => {
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headersFrame(5, requestBlock('/now')));
    assert.equal(await reactionTo(peer, headersFrame(3, requestBlock('/now'))), 'goodbye PROTOCOL_ERROR');
  });

  const open = (length: string, ...more: string[]): Partial<RawFrame> => {
    const fields = [length, ...more].map((value) => ['content-length', value] as const);
    return headersFrame(1, requestBlock('/echo', fields), END_HEADERS);
  };
  const lengths: Record<string, readonly [Reaction, ...Partial<RawFrame>[]]> = {
    'that is right': ['nothing', open('2'), dataFrame(1, byte), dataFrame(1, byte, true)],
    'that is right, twice': ['nothing', open('1', '1'), dataFrame(1, byte, true)],
    'that is right, with padding': [
      'nothing',
      open('1'),
      { ...dataFrame(1, Buffer.from([2, 9, 0, 0])), flags: frameFlags.PADDED | frameFlags.END_STREAM },
    ],
    'that is too large for one frame': ['reset PROTOCOL_ERROR', open('2'), dataFrame(1, byte, true)],
    'that is too small for one frame': ['reset PROTOCOL_ERROR', open('0'), dataFrame(1, byte, true)],
    'that is too large for two': ['reset PROTOCOL_ERROR', open('3'), dataFrame(1, byte), dataFrame(1, byte, true)],
    'that is too large before trailers': [
      'reset PROTOCOL_ERROR',
      open('2'),
      dataFrame(1, byte),
      headersFrame(1, trailers),
    ],
    'for nothing': ['reset PROTOCOL_ERROR', headersFrame(1, requestBlock('/echo', [['content-length', '1']]))],
    'that is no number': ['reset PROTOCOL_ERROR', open('one'), dataFrame(1, byte, true)],
    'that is two': ['reset PROTOCOL_ERROR', open('1', '2'), dataFrame(1, byte, true)],
  };
  for (const [name, [expected, ...sent]] of Object.entries(lengths)) {
    it(`with a content-length ${name} meets ${expected}`, async (t) => {
      const { socket } = await serveEcho(t);
      await using peer = await RawPeer.connect(socket);
      peer.send(...sent.slice(0, -1));
      assert.equal(await reactionTo(peer, sent.at(-1) ?? ping), expected);
    });
  }
});
