import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { describe, it } from 'node:test';
import { serveEcho } from '../../../tests/support/http2-server.js';
import {
  dataFrame,
  frameBytes,
  headersFrame,
  type RawFrame,
  RawPeer,
  uint32,
} from '../../../tests/support/raw-http2.js';
import { flags, frameTypes as types } from './frames.js';
import { encodeHeaders } from './hpack/encode.js';
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

const wait = encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait']]);

function reset(stream: number): Partial<RawFrame> {
  return { type: types.RST_STREAM, stream, payload: uint32(errorCodes.CANCEL) };
}

/** Sends a request that the server must refuse for now. */
async function refused(peer: RawPeer, stream: number, block = wait): Promise<void> {
  peer.send(headers(stream, block));
  const refusal = await peer.ofType(types.RST_STREAM);
  assert.deepEqual([refusal?.stream, refusal?.payload], [stream, uint32(errorCodes.REFUSED_STREAM)]);
}

const isEnd = ({ type, flags: set }: RawFrame): boolean => type === types.HEADERS && (set & flags.END_STREAM) !== 0;

describe('an exchange', () => {
  it('works with the client of Node, for bodies of all sizes, many at once', async (t) => {
    const { socket } = await serveEcho(t, { streams: 100 });
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
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    const bytes = Buffer.concat(
      [headers(1, request, flags.END_HEADERS), dataFrame(1, Buffer.from('hello'), true)].map(frameBytes),
    );
    for (const byte of bytes) {
      peer.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal((await peer.ofType(types.DATA))?.payload.toString(), 'hello');
  });

  it('takes padding, priorities, continuations, trailers and unknown frames', async (t) => {
    const { socket } = await serveEcho(t);
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
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 10) });
    const body = Buffer.alloc(90_000, 'x');
    peer.send(headers(1, request, flags.END_HEADERS));
    for (let from = 0; from < body.length; from += 10_000) {
      peer.send(dataFrame(1, body.subarray(from, from + 10_000), from === 80_000));
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
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 10) });
    peer.send(headers(1, request, flags.END_HEADERS), dataFrame(1, Buffer.alloc(1000), true));
    peer.send(headers(3, request, flags.END_HEADERS), dataFrame(3, Buffer.alloc(5), true));
    assert.equal((await peer.next(isEnd))?.stream, 3);
  });

  it('answers a body that is too large without reading it all', async (t) => {
    const { socket } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send(headers(1, request, flags.END_HEADERS));
    const reset = peer.ofType(types.RST_STREAM);
    for (let sent = 0; sent < 13; sent++) {
      peer.send(dataFrame(1, Buffer.alloc(16_384)));
      if (sent % 4 === 3) await peer.next(({ type, stream }) => type === types.WINDOW_UPDATE && stream === 1);
    }
    assert.ok(await peer.next(isEnd));
    assert.deepEqual((await reset)?.payload, uint32(errorCodes.NO_ERROR));
    peer.send(dataFrame(1, Buffer.alloc(100)), headers(3));
    assert.equal((await peer.next(isEnd))?.stream, 3);
  });

  it('tells who served a request that it was given up', async (t) => {
    const { socket, seen } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
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
    const { socket, seen } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    for (let id = 1; id <= 7; id += 2) peer.send(headers(id, wait));
    await refused(peer, 9);
    // Their server works on, as one does that cannot be interrupted.
    const stubborn = seen.streams.map((stream) => {
      const { listener } = stream;
      stream.listener = undefined;
      return listener;
    });
    for (let id = 1; id <= 7; id += 2) peer.send(reset(id));
    await refused(peer, 11);
    assert.equal(seen.streams.length, 4);
    for (const listener of stubborn) listener?.gone();
    peer.send(headers(13));
    assert.equal((await peer.next(isEnd))?.stream, 13);
  });

  it('refuses more streams than it takes when the client does not take the answers', async (t) => {
    const { socket, seen } = await serveEcho(t);
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 0) });
    for (let id = 1; id <= 7; id += 2) {
      peer.send(headers(id, request, flags.END_HEADERS), dataFrame(id, Buffer.from('x'), true));
    }
    await refused(peer, 9);
    assert.equal(seen.streams.length, 4);
  });

  it('breaks a stream off when the answers that wait for a client take too much memory', async (t) => {
    const { socket } = await serveEcho(t, { answerBytes: 2500 });
    await using peer = await RawPeer.connect(socket);
    peer.send({ type: types.SETTINGS, payload: setting(4, 0) });
    for (const id of [1, 3, 5]) {
      peer.send(headers(id, request, flags.END_HEADERS), dataFrame(id, Buffer.alloc(1000), true));
    }
    const broken = await peer.ofType(types.RST_STREAM);
    assert.deepEqual([broken?.stream, broken?.payload], [5, uint32(errorCodes.ENHANCE_YOUR_CALM)]);
    // What was given up makes room again.
    peer.send(reset(1), headers(7, request, flags.END_HEADERS), dataFrame(7, Buffer.alloc(1000), true));
    peer.send({ type: types.SETTINGS, payload: setting(4, 1000) });
    const ends = [await peer.next(isEnd), await peer.next(isEnd)];
    assert.deepEqual(
      ends.map((frame) => frame?.stream),
      [3, 7],
    );
  });

  it('refuses a request for now when the headers of all together take too much memory', async (t) => {
    const { socket } = await serveEcho(t, { heldHeaderBytes: 12_000 });
    await using peer = await RawPeer.connect(socket);
    const large = encodeHeaders([...requestFields.slice(0, 2), [':path', '/wait'], ['meta', 'v'.repeat(5000)]]);
    peer.send(headers(1, large), headers(3, large), headers(5, large));
    const refusal = await peer.ofType(types.RST_STREAM);
    assert.deepEqual([refusal?.stream, refusal?.payload], [5, uint32(errorCodes.REFUSED_STREAM)]);
    // A request that is over makes room.
    peer.send(reset(1), headers(7, large));
    await refused(peer, 9, large);
  });

  it('breaks a stream off when the bodies of a connection take too much memory', async (t) => {
    const { socket } = await serveEcho(t, { bufferedBytes: 50_000 });
    await using peer = await RawPeer.connect(socket);
    for (const id of [1, 3, 5, 7]) {
      peer.send(headers(id, request, flags.END_HEADERS), dataFrame(id, Buffer.alloc(15_000)));
    }
    const reset = await peer.ofType(types.RST_STREAM);
    assert.deepEqual([reset?.stream, reset?.payload], [7, uint32(errorCodes.ENHANCE_YOUR_CALM)]);
    peer.send(dataFrame(1, Buffer.alloc(0), true));
    assert.equal((await peer.next(isEnd))?.stream, 1);
  });
});
