import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { describe, it } from 'node:test';
import { serveEcho } from '../../../tests/support/http2-server.js';
import { dataFrame, headersFrame, preface, type RawFrame, RawPeer, uint32 } from '../../../tests/support/raw-http2.js';
import { flags, frameTypes as types } from './frames.js';
import { encodeHeaders } from './hpack/encode.js';
import { headerBlock } from './index.js';
import { errorCodes } from './protocol-error.js';

const requestFields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/echo'],
] as const;
const request = encodeHeaders(requestFields);
const complete = flags.END_HEADERS | flags.END_STREAM;

function headers(stream: number, block = request, set: number = complete): Partial<RawFrame> {
  return headersFrame(stream, block, set);
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

const isEnd = ({ type, flags: set }: RawFrame): boolean => type === types.HEADERS && (set & flags.END_STREAM) !== 0;

describe('a client that says nothing', () => {
  it('drops a client that does not say that it speaks HTTP/2', async (t) => {
    const { socket } = await serveEcho(t, { prefaceMs: 20 });
    await using peer = await RawPeer.connect(socket, { hello: false });
    await once(peer.socket, 'close');
  });

  it('drops a client that gives no sign of life, and keeps one that does', async (t) => {
    const { socket } = await serveEcho(t, { keepaliveMs: 40 });
    await using silent = await RawPeer.connect(socket);
    const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
    t.after(() => session.destroy());
    await once(silent.socket, 'close');
    assert.equal(session.destroyed, false);
  });
});

describe('a client that breaks the protocol', () => {
  const open = headers(1, request, flags.END_HEADERS);
  const violations: Record<string, [code: keyof typeof errorCodes, ...Partial<RawFrame>[]]> = {
    'data on the connection': ['PROTOCOL_ERROR', dataFrame(0, Buffer.alloc(1))],
    'data on an idle stream': ['PROTOCOL_ERROR', dataFrame(5, Buffer.alloc(1))],
    'headers on the connection': ['PROTOCOL_ERROR', headers(0)],
    'headers on a stream of the server': ['PROTOCOL_ERROR', headers(2)],
    'headers that cannot be decoded': ['COMPRESSION_ERROR', headers(1, Buffer.from([0xff, 0xff]))],
    'headers that are interrupted': [
      'PROTOCOL_ERROR',
      headers(1, request, 0),
      { type: types.PING, payload: Buffer.alloc(8) },
    ],
    'headers that are interrupted by others': ['PROTOCOL_ERROR', headers(1, request, 0), headers(3)],
    'headers shorter than their padding': ['PROTOCOL_ERROR', headers(1, Buffer.from([9, 1]), complete | flags.PADDED)],
    'a continuation of nothing': ['PROTOCOL_ERROR', { type: types.CONTINUATION, stream: 1, flags: flags.END_HEADERS }],
    'a push': ['PROTOCOL_ERROR', { type: types.PUSH_PROMISE, stream: 1, payload: Buffer.alloc(4) }],
    'a reset of an idle stream': ['PROTOCOL_ERROR', { type: types.RST_STREAM, stream: 1, payload: Buffer.alloc(4) }],
    'a reset of the connection': ['PROTOCOL_ERROR', { type: types.RST_STREAM, stream: 0, payload: Buffer.alloc(4) }],
    'a reset of a wrong size': [
      'FRAME_SIZE_ERROR',
      open,
      { type: types.RST_STREAM, stream: 1, payload: Buffer.alloc(5) },
    ],
    'settings on a stream': ['PROTOCOL_ERROR', { type: types.SETTINGS, stream: 1 }],
    'settings of a wrong size': ['FRAME_SIZE_ERROR', { type: types.SETTINGS, payload: Buffer.alloc(5) }],
    'an acknowledgement with settings': [
      'FRAME_SIZE_ERROR',
      { type: types.SETTINGS, flags: flags.ACK, payload: setting(4, 1) },
    ],
    'a window setting that is too large': [
      'FLOW_CONTROL_ERROR',
      { type: types.SETTINGS, payload: setting(4, 2 ** 31) },
    ],
    'a frame setting that is too small': ['PROTOCOL_ERROR', { type: types.SETTINGS, payload: setting(5, 100) }],
    'a push setting that is neither 0 nor 1': ['PROTOCOL_ERROR', { type: types.SETTINGS, payload: setting(2, 2) }],
    'a ping of a wrong size': ['FRAME_SIZE_ERROR', { type: types.PING, payload: Buffer.alloc(7) }],
    'a ping on a stream': ['PROTOCOL_ERROR', { type: types.PING, stream: 1, payload: Buffer.alloc(8) }],
    'a goodbye on a stream': ['PROTOCOL_ERROR', { type: types.GOAWAY, stream: 1, payload: Buffer.alloc(8) }],
    'a window update of nothing': ['PROTOCOL_ERROR', { type: types.WINDOW_UPDATE, payload: uint32(0) }],
    'a window that is too large': ['FLOW_CONTROL_ERROR', { type: types.WINDOW_UPDATE, payload: uint32(2 ** 31 - 1) }],
    'a window update of a wrong size': ['FRAME_SIZE_ERROR', { type: types.WINDOW_UPDATE, payload: Buffer.alloc(3) }],
    'a priority of a wrong size': ['FRAME_SIZE_ERROR', { type: types.PRIORITY, stream: 1, payload: Buffer.alloc(4) }],
    'a frame that is too large': ['FRAME_SIZE_ERROR', { type: 77, payload: Buffer.alloc(16_385) }],
    'more padding than data': [
      'PROTOCOL_ERROR',
      open,
      { type: types.DATA, flags: flags.PADDED, stream: 1, payload: Buffer.from([4, 1, 1]) },
    ],
  };
  for (const [name, [code, ...frames]] of Object.entries(violations)) {
    it(`is told ${code} for ${name}, and disconnected`, async (t) => {
      const { socket } = await serveEcho(t);
      await using peer = await RawPeer.connect(socket);
      const closed = once(peer.socket, 'close');
      peer.send(...frames);
      const goodbye = await peer.ofType(types.GOAWAY);
      assert.equal(goodbye?.payload.readUInt32BE(4), errorCodes[code]);
      await closed;
    });
  }

  const onStreams: Record<string, [code: keyof typeof errorCodes, ...Partial<RawFrame>[]]> = {
    'no path': ['PROTOCOL_ERROR', headers(1, encodeHeaders(requestFields.slice(0, 2)))],
    'an unknown pseudo-header': ['PROTOCOL_ERROR', headers(1, encodeHeaders([...requestFields, [':status', '200']]))],
    'a pseudo-header after others': ['PROTOCOL_ERROR', headers(1, encodeHeaders([['a', 'b'], ...requestFields]))],
    'a pseudo-header twice': ['PROTOCOL_ERROR', headers(1, encodeHeaders([...requestFields, [':path', '/']]))],
    'upper case': ['PROTOCOL_ERROR', headers(1, encodeHeaders([...requestFields, ['Name', 'v']]))],
    'a header of HTTP/1': ['PROTOCOL_ERROR', headers(1, encodeHeaders([...requestFields, ['connection', 'close']]))],
    'a te that is not trailers': ['PROTOCOL_ERROR', headers(1, encodeHeaders([...requestFields, ['te', 'gzip']]))],
    'a window update of nothing': [
      'PROTOCOL_ERROR',
      open,
      { type: types.WINDOW_UPDATE, stream: 1, payload: uint32(0) },
    ],
    'a window that is too large': [
      'FLOW_CONTROL_ERROR',
      open,
      { type: types.WINDOW_UPDATE, stream: 1, payload: uint32(2 ** 31 - 1) },
    ],
    'more data than its window': ['FLOW_CONTROL_ERROR', open, dataFrame(1, Buffer.alloc(15_000))],
  };
  for (const [name, [code, ...frames]] of Object.entries(onStreams)) {
    it(`loses only the stream, with ${code}, for ${name}`, async (t) => {
      const { socket } = await serveEcho(t, { streamWindow: 10_000 });
      await using peer = await RawPeer.connect(socket);
      peer.send(...frames);
      const reset = await peer.ofType(types.RST_STREAM);
      assert.deepEqual([reset?.stream, reset?.payload], [1, uint32(errorCodes[code])]);
      peer.send(headers(3));
      assert.equal((await peer.next(isEnd))?.stream, 3);
    });
  }
});

describe('a client of HTTP/2', () => {
  it('says its settings first', async (t) => {
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket, { hello: false });
    peer.socket.write(preface);
    peer.send({ type: types.PING, payload: Buffer.alloc(8) });
    const goodbye = await peer.ofType(types.GOAWAY);
    assert.equal(goodbye?.payload.readUInt32BE(4), errorCodes.PROTOCOL_ERROR);
  });
});

describe('closing', () => {
  it('finishes what is under way and ignores what comes later', async (t) => {
    const { server, socket, seen } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headers(1, encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']])));
    while (seen.streams.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close();
    const goodbye = await peer.ofType(types.GOAWAY);
    assert.deepEqual(goodbye?.payload, Buffer.concat([uint32(1), uint32(errorCodes.NO_ERROR)]));
    peer.send(headers(3), dataFrame(3, Buffer.alloc(3)), { type: types.PING, payload: Buffer.alloc(8) });
    await peer.ofType(types.PING);
    assert.equal(seen.streams.length, 1);
    seen.streams[0]?.end(headerBlock([[':status', '200']], { common: false }));
    seen.streams[0]?.release();
    assert.equal((await peer.next(isEnd))?.stream, 1);
    await closed;
  });
});
