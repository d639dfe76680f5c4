import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { frameBytes, type RawFrame, RawPeer } from '../../../tests/support/raw-http2.js';
import { flags, frameTypes as types } from './frames.js';
import { encodeHeaders } from './hpack/encode.js';
import { Http2Server, headerBlock, type ServerLimits, type ServerStream, type StreamListener } from './index.js';
import { errorCodes } from './protocol-error.js';

const limits: ServerLimits = {
  streams: 4,
  headerBytes: 8192,
  bodyBytes: 200_000,
  bufferedBytes: 300_000,
  streamWindow: 100_000,
  keepaliveMs: 60_000,
  prefaceMs: 60_000,
};

const ok = headerBlock([[':status', '200']], { common: true });
const done = headerBlock([['result', 'done']], { common: true });

const requestFields = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/echo'],
] as const;
const request = encodeHeaders(requestFields);
const complete = flags.END_HEADERS | flags.END_STREAM;

/** What became of the requests. */
interface Seen {
  readonly streams: ServerStream[];
  gone: number;
}

/** Sends back what it gets; `/wait` answers nothing. */
function echo(seen: Seen): (stream: ServerStream) => StreamListener {
  return (stream) => {
    seen.streams.push(stream);
    return {
      body(bytes) {
        if (stream.headers.path === '/wait') return;
        stream.respond(ok);
        stream.finish(bytes, done);
        stream.release();
      },
      overflow(head) {
        stream.end(
          headerBlock(
            [
              [':status', '413'],
              ['head', String(head.length > 0)],
            ],
            { common: false },
          ),
        );
        stream.release();
      },
      gone() {
        seen.gone++;
        stream.release();
      },
    };
  };
}

async function serve(t: TestContext, overrides: Partial<ServerLimits> = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-http2-'));
  const seen: Seen = { streams: [], gone: 0 };
  const defects: unknown[] = [];
  const server = new Http2Server({
    limits: { ...limits, ...overrides },
    handler: echo(seen),
    onDefect: (error) => defects.push(error),
  });
  const socket = path.join(directory, 's');
  await server.listen(socket);
  t.after(async () => {
    const closed = server.close();
    server.destroy();
    await closed;
    await rm(directory, { recursive: true, force: true });
    assert.deepEqual(defects, []);
  });
  return { server, socket, seen };
}

function headers(stream: number, block = request, set: number = complete): Partial<RawFrame> {
  return { type: types.HEADERS, flags: set, stream, payload: block };
}

function data(stream: number, payload: Buffer, last = false): Partial<RawFrame> {
  return { type: types.DATA, flags: last ? flags.END_STREAM : 0, stream, payload };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

const isEnd = ({ type, flags: set }: RawFrame): boolean => type === types.HEADERS && (set & flags.END_STREAM) !== 0;

describe('an exchange', () => {
  it('works with the client of Node, for bodies of all sizes, many at once', async (t) => {
    const { socket } = await serve(t, { streams: 100 });
    const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
    t.after(() => session.destroy());
    const exchange = async (size: number): Promise<void> => {
      const stream = session.request({ ':method': 'POST', ':path': '/echo', 'x-size': String(size) });
      const body = Buffer.alloc(size, `${size} `);
      stream.end(body);
      const [response] = await once(stream, 'response');
      assert.equal(response[':status'], 200);
      const trailers = once(stream, 'trailers');
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      assert.ok(Buffer.concat(chunks).equals(body));
      assert.equal((await trailers)[0]['result'], 'done');
    };
    await Promise.all([0, 1, 5, 16_383, 16_384, 16_385, 65_535, 70_000, 199_999].map(exchange));
    for (let round = 0; round < 50; round++) await exchange(round);
  });

  it('works when every byte comes alone', async (t) => {
    const { socket } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    const bytes = Buffer.concat(
      [headers(1, request, flags.END_HEADERS), data(1, Buffer.from('hello'), true)].map(frameBytes),
    );
    for (const byte of bytes) {
      peer.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await peer.ofType(types.DATA))?.payload.toString(), 'hello');
  });

  it('takes padding, priorities, continuations, trailers and unknown frames', async (t) => {
    const { socket } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    const padded = Buffer.concat([Buffer.from([3]), Buffer.alloc(5), request.subarray(0, 2), Buffer.alloc(3)]);
    peer.send(
      { type: 77, flags: 255, stream: 0, payload: Buffer.from('what?') },
      { type: types.PRIORITY, stream: 9, payload: Buffer.alloc(5) },
      { type: types.HEADERS, flags: flags.PADDED | flags.PRIORITY, stream: 1, payload: padded },
      { type: types.CONTINUATION, stream: 1, payload: request.subarray(2, 4) },
      { type: types.CONTINUATION, flags: flags.END_HEADERS, stream: 1, payload: request.subarray(4) },
      { type: types.DATA, flags: flags.PADDED, stream: 1, payload: Buffer.from('\u0002hey\0\0') },
      headers(1, encodeHeaders([['checksum', '1']])),
    );
    assert.equal((await peer.ofType(types.DATA))?.payload.toString(), 'hey');
    assert.ok(await peer.next(isEnd));
  });

  it('sends no more than the windows of the stream and the connection allow', async (t) => {
    const { socket } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 10) });
    const body = Buffer.alloc(90_000, 'x');
    peer.send(headers(1, request, flags.END_HEADERS));
    for (let from = 0; from < body.length; from += 10_000) {
      peer.send(data(1, body.subarray(from, from + 10_000), from === 80_000));
    }
    assert.equal((await peer.ofType(types.DATA))?.payload.length, 10);
    peer.send({ type: types.WINDOW_UPDATE, stream: 1, payload: uint32(5) });
    assert.equal((await peer.ofType(types.DATA))?.payload.length, 5);
    // The stream's window grows with the setting; the connection's is what is left of 65,535.
    peer.send({ type: types.SETTINGS, payload: setting(4, 1_000_000) });
    let received = 15;
    while (received < 65_535) received += (await peer.ofType(types.DATA))?.payload.length ?? Number.NaN;
    assert.equal(received, 65_535);
    peer.send({ type: types.PING, payload: Buffer.from('still on') });
    const pong = await peer.next(({ type, flags: set }) => type === types.PING && set === flags.ACK);
    assert.equal(pong?.payload.toString(), 'still on');
    peer.send({ type: types.WINDOW_UPDATE, stream: 0, payload: uint32(100_000) });
    while (received < body.length) received += (await peer.ofType(types.DATA))?.payload.length ?? Number.NaN;
    assert.equal(received, body.length);
    assert.ok(await peer.next(isEnd));
  });

  it('lets a small answer pass a large one that has to wait', async (t) => {
    const { socket } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 10) });
    peer.send(headers(1, request, flags.END_HEADERS), data(1, Buffer.alloc(1000), true));
    peer.send(headers(3, request, flags.END_HEADERS), data(3, Buffer.alloc(5), true));
    assert.equal((await peer.next(isEnd))?.stream, 3);
  });

  it('answers a body that is too large without reading it all', async (t) => {
    const { socket } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headers(1, request, flags.END_HEADERS));
    const reset = peer.ofType(types.RST_STREAM);
    for (let sent = 0; sent < 13; sent++) {
      peer.send(data(1, Buffer.alloc(16_384)));
      if (sent % 4 === 3) await peer.next(({ type, stream }) => type === types.WINDOW_UPDATE && stream === 1);
    }
    assert.ok(await peer.next(isEnd));
    assert.deepEqual((await reset)?.payload, uint32(errorCodes.NO_ERROR));
    peer.send(data(1, Buffer.alloc(100)), headers(3));
    assert.equal((await peer.next(isEnd))?.stream, 3);
  });

  it('tells who served a request that it was given up', async (t) => {
    const { socket, seen } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    const wait = encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']]);
    peer.send(headers(1, wait), { type: types.RST_STREAM, stream: 1, payload: uint32(errorCodes.CANCEL) });
    peer.send(headers(3, wait), { type: types.PING, payload: Buffer.alloc(8) });
    await peer.ofType(types.PING);
    assert.equal(seen.gone, 1);
    peer.socket.destroy();
    while (seen.gone < 2) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('limits', () => {
  it('refuses more streams than it takes, also when the client keeps resetting them', async (t) => {
    const { socket, seen } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    // Their server works on, as one does that cannot be interrupted.
    const stubborn = encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']]);
    for (let id = 1; id <= 7; id += 2) peer.send(headers(id, stubborn));
    await peer.ofType(types.SETTINGS);
    peer.send(headers(9, stubborn));
    const refusal = await peer.ofType(types.RST_STREAM);
    assert.deepEqual([refusal?.stream, refusal?.payload], [9, uint32(errorCodes.REFUSED_STREAM)]);
    assert.equal(seen.streams.length, 4);
    for (const stream of seen.streams) stream.release();
    peer.send(headers(11));
    assert.equal((await peer.next(isEnd))?.stream, 11);
  });

  it('breaks a stream off when the bodies of a connection take too much memory', async (t) => {
    const { socket } = await serve(t, { bufferedBytes: 50_000 });
    await using peer = await RawPeer.connect(socket);
    for (const id of [1, 3, 5, 7]) {
      peer.send(headers(id, request, flags.END_HEADERS), data(id, Buffer.alloc(15_000)));
    }
    const reset = await peer.ofType(types.RST_STREAM);
    assert.deepEqual([reset?.stream, reset?.payload], [7, uint32(errorCodes.ENHANCE_YOUR_CALM)]);
    peer.send(data(1, Buffer.alloc(0), true));
    assert.equal((await peer.next(isEnd))?.stream, 1);
  });

  it('drops a client that does not say that it speaks HTTP/2', async (t) => {
    const { socket } = await serve(t, { prefaceMs: 20 });
    await using peer = await RawPeer.connect(socket, { hello: false });
    await once(peer.socket, 'close');
  });

  it('drops a client that gives no sign of life, and keeps one that does', async (t) => {
    const { socket } = await serve(t, { keepaliveMs: 40 });
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
    'data on the connection': ['PROTOCOL_ERROR', data(0, Buffer.alloc(1))],
    'data on an idle stream': ['PROTOCOL_ERROR', data(5, Buffer.alloc(1))],
    'data after the end': [
      'STREAM_CLOSED',
      headers(1, encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']])),
      data(1, Buffer.alloc(1)),
    ],
    'headers on the connection': ['PROTOCOL_ERROR', headers(0)],
    'headers on a stream of the server': ['PROTOCOL_ERROR', headers(2)],
    'headers twice': ['PROTOCOL_ERROR', open, open],
    'headers that cannot be decoded': ['COMPRESSION_ERROR', headers(1, Buffer.from([0xff, 0xff]))],
    'headers that are interrupted': [
      'PROTOCOL_ERROR',
      headers(1, request, 0),
      { type: types.PING, payload: Buffer.alloc(8) },
    ],
    'headers that are interrupted by others': ['PROTOCOL_ERROR', headers(1, request, 0), headers(3)],
    'headers shorter than their padding': ['PROTOCOL_ERROR', headers(1, Buffer.from([9, 1]), complete | flags.PADDED)],
    'headers without end': [
      'ENHANCE_YOUR_CALM',
      headers(1, request, 0),
      ...Array.from({ length: 300 }, () => ({ type: types.CONTINUATION, stream: 1 })),
    ],
    'headers that unpack to too much': [
      'ENHANCE_YOUR_CALM',
      headers(
        1,
        Buffer.concat([
          encodeHeaders(requestFields),
          Buffer.from([0x40, 1, 0x61, 0x7f, 0xb9, 0x16]),
          Buffer.alloc(3000, 'x'),
          Buffer.alloc(9, 0xbe),
        ]),
      ),
    ],
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
      const { socket } = await serve(t);
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
    'more data than its window': ['FLOW_CONTROL_ERROR', open, data(1, Buffer.alloc(15_000))],
  };
  for (const [name, [code, ...frames]] of Object.entries(onStreams)) {
    it(`loses only the stream, with ${code}, for ${name}`, async (t) => {
      const { socket } = await serve(t, { streamWindow: 10_000 });
      await using peer = await RawPeer.connect(socket);
      peer.send(...frames);
      const reset = await peer.ofType(types.RST_STREAM);
      assert.deepEqual([reset?.stream, reset?.payload], [1, uint32(errorCodes[code])]);
      peer.send(headers(3));
      assert.equal((await peer.next(isEnd))?.stream, 3);
    });
  }
});

describe('closing', () => {
  it('finishes what is under way and ignores what comes later', async (t) => {
    const { server, socket, seen } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headers(1, encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']])));
    while (seen.streams.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close();
    const goodbye = await peer.ofType(types.GOAWAY);
    assert.deepEqual(goodbye?.payload, Buffer.concat([uint32(1), uint32(errorCodes.NO_ERROR)]));
    peer.send(headers(3), data(3, Buffer.alloc(3)), { type: types.PING, payload: Buffer.alloc(8) });
    await peer.ofType(types.PING);
    assert.equal(seen.streams.length, 1);
    seen.streams[0]?.end(ok);
    seen.streams[0]?.release();
    assert.equal((await peer.next(isEnd))?.stream, 1);
    await closed;
  });
});
