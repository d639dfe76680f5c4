import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { deferred } from '../../../tests/support/deferred.js';
import {
  engineNames,
  fakeSnapshotter,
  serveSnapshotters,
  type TemporaryServer,
  temporaryServer,
} from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { fieldBlock, headersFrame, headersFrames, RawPeer, requestBlock } from '../../../tests/support/raw-http2.js';
import type { GrpcEngineName, GrpcService } from '../engines/index.js';
import { encodeMessage, wireSnapshots } from '../proto/index.js';

const service = '/containerd.services.snapshots.v1.Snapshots';
const remove = `${service}/Remove`;
const empty = frame(Buffer.alloc(0));

function request(key: string): Buffer {
  return encodeMessage(wireSnapshots.RemoveSnapshotRequest, { snapshotter: 'overlayfs', key });
}

/** A server that notes which keys it removes. */
async function serveRemoving(engine: GrpcEngineName): Promise<TemporaryServer & { removed: string[] }> {
  const removed: string[] = [];
  const snapshotter = fakeSnapshotter({ remove: async (key) => void removed.push(key) });
  return { ...(await serveSnapshotters({ overlayfs: snapshotter }, { engine })), removed };
}

interface BadCall {
  readonly path?: string;
  readonly body: Buffer;
  readonly headers?: Record<string, string>;
  readonly status: number | undefined;
}

/** A message whose frame has another flag than 0. */
function flagged(flag: number, message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([flag]), frame(message).subarray(1)]);
}

const bigFrame = Buffer.concat([Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), request('k')]);
const compressed = gzipSync(request('k'));
const badCalls: Record<string, BadCall> = {
  'a truncated message': { body: frame(Buffer.from('0a0a6f76', 'hex')), status: 13 },
  'a message that is no protobuf': { body: frame(Buffer.from('ffffffffffffffffff', 'hex')), status: 13 },
  'text that is not UTF-8': { body: frame(Buffer.from('1202c328', 'hex')), status: 13 },
  'a field of the wrong type': { body: frame(Buffer.from('1005', 'hex')), status: 3 },
  'no message': { body: Buffer.alloc(0), status: 12 },
  'two messages': { body: Buffer.concat([frame(request('a')), frame(request('b'))]), status: 12 },
  'a message of 20 MiB': { body: frame(Buffer.alloc(20 * 1024 * 1024)), status: 8 },
  'the announcement of 4 GiB': { body: bigFrame, status: 8 },
  'a compression that it does not know': {
    body: flagged(1, request('k')),
    headers: { 'grpc-encoding': 'snappy' },
    status: 12,
  },
  'a compressed message that is damaged': {
    body: flagged(1, compressed.subarray(0, 12)),
    headers: { 'grpc-encoding': 'gzip' },
    status: 13,
  },
  'a compressed message that does not say how': { body: flagged(1, compressed), status: 13 },
  'a message with a flag that there is not': { body: flagged(2, request('k')), status: 13 },
  'half a message': { body: frame(request('k')).subarray(0, -1), status: 12 },
  'half a frame': { body: Buffer.alloc(3), status: 12 },
  'an unknown method': { path: `${service}/Format`, body: empty, status: 12 },
  'an unknown service': { path: '/containerd.services.tasks.v1.Tasks/List', body: empty, status: 12 },
  'a path that is none': { path: '/', body: empty, status: 12 },
  'a path with a per cent sign': { path: '/a%0Ab%zz/c', body: empty, status: 12 },
  'a foreign content type': { body: empty, headers: { 'content-type': 'text/html' }, status: undefined },
  'a malformed timeout': { body: frame(request('k')), headers: { 'grpc-timeout': 'soon' }, status: 13 },
};

/** The first thing that any server says. */
const settingsBytes = 15;

/** Resolves when the server has closed the connection, or said more than hello. */
async function refusal(socket: Socket): Promise<void> {
  let received = 0;
  for await (const chunk of socket) {
    assert.ok(chunk instanceof Buffer);
    received += chunk.length;
    if (received > settingsBytes) return;
  }
}

for (const engine of engineNames) {
  describe(`${engine}: a server that gets bad input`, () => {
    for (const [name, { path = remove, body, headers = {}, status }] of Object.entries(badCalls)) {
      it(`answers ${name} with ${status ?? 'no status'}, and the next call on the connection works`, async () => {
        await using served = await serveRemoving(engine);
        await using raw = new RawConnection(served.socket);
        assert.equal((await raw.call({ path, body, headers })).status, status);
        served.removed.length = 0;
        assert.equal((await raw.call({ path: remove, body: frame(request('k')) })).status, 0);
        assert.deepEqual(served.removed, ['k']);
      });
    }

    const bytes: Record<string, Buffer> = {
      'HTTP/1': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      TLS: Buffer.from('16030100f5010000f10303', 'hex'),
      'bytes without a meaning': Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7919) % 256)),
      'a preface and then a broken frame': Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        Buffer.from('ffffff0900000000ff', 'hex'),
      ]),
      // Headers that are stored under index 126 of a table that has no such entry.
      'a preface and then headers that cannot be decoded': Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        Buffer.from('000000040000000000', 'hex'),
        Buffer.from('000001010500000001fe', 'hex'),
      ]),
    };
    for (const [name, sent] of Object.entries(bytes)) {
      it(`survives ${name}`, async () => {
        await using served = await serveRemoving(engine);
        const socket = connectSocket(served.socket);
        socket.on('error', () => {});
        socket.write(sent);
        await refusal(socket);
        socket.destroy();
        await served.connect().snapshotter().remove('k');
        assert.deepEqual(served.removed, ['k']);
      });
    }

    it('survives headers whose bytes are not ASCII', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      for (const path of [`/${'\u00e4'}`, '/a b', `/${'x'.repeat(30_000)}`]) {
        await raw.call({ path, body: empty }).catch(() => {});
      }
      await raw.call({ path: remove, body: empty, headers: { 'containerd-namespace': '\u00e4' } }).catch(() => {});
      await served.connect().snapshotter().remove('k');
    });

    it('takes the first value of a repeated header', async () => {
      const calls: unknown[] = [];
      const note = async (_key: string, call: { namespace?: string; lease?: string } = {}): Promise<void> => {
        calls.push([call.namespace, call.lease]);
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: note }) }, { engine });
      await using raw = new RawConnection(served.socket);
      const headers = { 'containerd-namespace': ['one', 'two'], 'containerd-lease': ['', 'l'] };
      await raw.call({ path: remove, body: frame(request('k')), headers });
      assert.deepEqual(calls, [['one', '']]);
    });

    it('takes and gives messages of 16 MiB, and none that are larger', async () => {
      const limit = 16 * 1024 * 1024;
      let answerBytes = 0;
      const echo: GrpcService = {
        name: 'test.Echo',
        methods: [
          {
            type: 'unary',
            path: '/test.Echo/Echo',
            decodeRequest: (bytes) => bytes.length,
            encodeResponse: () => Buffer.alloc(answerBytes),
            handler: (bytes) => {
              received.push(bytes);
              return undefined;
            },
          },
        ],
      };
      const received: unknown[] = [];
      await using served = await temporaryServer([echo], { engine });
      await using raw = new RawConnection(served.socket);
      const call = (bytes: number) => raw.call({ path: '/test.Echo/Echo', body: frame(Buffer.alloc(bytes)) });
      assert.equal((await call(limit)).status, 0);
      assert.deepEqual(received, [limit]);
      assert.equal((await call(limit + 1)).status, 8);
      assert.equal(received.length, 1);
      answerBytes = limit;
      assert.equal((await call(1)).messages[0]?.length, limit);
      answerBytes = limit + 1;
      const refused = await call(1);
      assert.deepEqual([refused.status, refused.messages], [8, []]);
      assert.match(refused.message, /larger than 16777216/);
    });

    it('serves other calls while one has sent half of its message, and forgets it when it is given up', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const half = raw.session.request({ ':method': 'POST', ':path': remove, 'content-type': 'application/grpc' });
      half.on('error', () => {});
      half.write(frame(request('half')).subarray(0, 8));
      assert.equal((await raw.call({ path: remove, body: frame(request('k')) })).status, 0);
      assert.equal(served.server.callsUnderWay.length, 1);
      half.close(constants.NGHTTP2_CANCEL);
      while (served.server.callsUnderWay.length > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(served.removed, ['k']);
    });

    it('answers a call that has sent half of its message when its time is over', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const headers = { ':method': 'POST', ':path': remove, 'content-type': 'application/grpc', 'grpc-timeout': '20m' };
      const half = raw.session.request(headers);
      half.write(frame(request('half')).subarray(0, 8));
      const [answer] = await once(half, 'response');
      assert.equal(answer['grpc-status'], '4');
      assert.deepEqual(served.removed, []);
    });

    const metadataLimit = { direct: 1024 * 1024, node: 64 * 1024 }[engine];
    const largestHeader = { direct: 1024 * 1024, node: 60 * 1024 }[engine];
    it(`takes ${metadataLimit / 1024} KiB of metadata, and ${largestHeader / 1024} KiB in one header`, async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const call = (headers: Record<string, string>) => raw.call({ path: remove, body: frame(request('k')), headers });
      // HTTP/2 counts 32 bytes more for each header; and the engine of Node leaves less room for a call's own.
      const count = Math.floor((metadataLimit - (engine === 'node' ? 1024 : 0)) / 1000);
      const many = Array.from({ length: count }, (_, n) => [`meta-${1000 + n}`, '~'.repeat(1000 - 32 - 9)]);
      assert.equal((await call(Object.fromEntries(many))).status, 0);
      assert.equal((await call({ meta: '~'.repeat(largestHeader - 32 - 4) })).status, 0);
      assert.deepEqual(served.removed, ['k', 'k']);
    });

    it('refuses a call with more metadata, and other calls of the connection go on', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const many = Array.from({ length: metadataLimit / 1000 + 40 }, (_, n) => [`meta-${1000 + n}`, '~'.repeat(1000)]);
      const body = frame(request('k'));
      // The limit of Node's begins when the client has acknowledged it.
      assert.equal((await raw.call({ path: remove, body })).status, 0);
      const refused = await raw.call({ path: remove, body, headers: Object.fromEntries(many) });
      assert.equal(refused.status, { direct: 8, node: undefined }[engine]);
      assert.equal((await raw.call({ path: remove, body })).status, 0);
      assert.deepEqual(served.removed, ['k', 'k']);
    });

    it('lives on when one client sends metadata without end', async () => {
      await using served = await serveRemoving(engine);
      await using peer = await RawPeer.connect(served.socket);
      peer.send(headersFrame(1, requestBlock(remove), 0));
      const more = headersFrames(1, fieldBlock([['meta', '~'.repeat(2 ** 20)]])).slice(1, -1);
      while (!peer.socket.destroyed) {
        peer.send(...more);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await served.connect().snapshotter().remove('k');
      assert.deepEqual(served.removed, ['k']);
    });

    it('takes a compressed message', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const body = flagged(1, compressed);
      assert.equal((await raw.call({ path: remove, body, headers: { 'grpc-encoding': 'gzip' } })).status, 0);
      assert.deepEqual(served.removed, ['k']);
    });
  });
}

// On the engine of Node, such a call may lose its connection.
describe('direct: metadata that is larger than 1 MiB', () => {
  const sizes = { 'by a little': 2 ** 20 + 20_000, twofold: 2 ** 21, 'twenty times': 20 * 2 ** 20 };
  for (const [name, bytes] of Object.entries(sizes)) {
    it(`is refused ${name}, and other calls of the connection go on`, async () => {
      const gate = deferred();
      const reached = deferred();
      const removed: string[] = [];
      const remover = async (key: string): Promise<void> => {
        removed.push(key);
        reached.resolve();
        await gate.promise;
      };
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ remove: remover }) });
      await using raw = new RawConnection(served.socket);
      const call = (key: string, headers: Record<string, string> = {}) =>
        raw.call({ path: remove, body: frame(request(key)), headers });
      const before = call('before');
      await reached.promise;
      const one = await call('one', { meta: '~'.repeat(bytes) });
      assert.deepEqual([one.status, one.message], [8, 'received metadata larger than max (1048576 bytes)']);
      const many = Array.from({ length: bytes / 1000 }, (_, n) => [`meta-${100_000 + n}`, 'v'.repeat(1000 - 43)]);
      assert.equal((await call('many', Object.fromEntries(many))).status, 8);
      gate.resolve();
      assert.equal((await before).status, 0);
      assert.equal((await call('after')).status, 0);
      assert.deepEqual(removed, ['before', 'after']);
    });
  }
});
