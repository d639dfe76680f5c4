import assert from 'node:assert/strict';
import { connect as connectSocket, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  engineNames,
  fakeSnapshotter,
  serveSnapshotters,
  type TemporaryServer,
} from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import type { GrpcEngineName } from '../engines/index.js';
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
    body: Buffer.concat([Buffer.from([1]), frame(request('k')).subarray(1)]),
    headers: { 'grpc-encoding': 'snappy' },
    status: 12,
  },
  'a compressed message that is damaged': {
    body: Buffer.concat([Buffer.from([1]), frame(compressed.subarray(0, 12)).subarray(1)]),
    headers: { 'grpc-encoding': 'gzip' },
    status: 13,
  },
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

    it('takes a compressed message', async () => {
      await using served = await serveRemoving(engine);
      await using raw = new RawConnection(served.socket);
      const body = Buffer.concat([Buffer.from([1]), frame(compressed).subarray(1)]);
      assert.equal((await raw.call({ path: remove, body, headers: { 'grpc-encoding': 'gzip' } })).status, 0);
      assert.deepEqual(served.removed, ['k']);
    });
  });
}
