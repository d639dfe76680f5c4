import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { frameTypes, RawPeer } from '../../../tests/support/raw-http2.js';
import { ActiveCalls } from './active-calls.js';
import { NodeConnection } from './node-connection.js';
import type { UnaryMethod } from './service.js';
import { createStatusMapper } from './status.js';

const log = { warn: () => {}, error: () => {} };
const largestMessage = 2 ** 20;
const size: UnaryMethod = {
  type: 'unary',
  path: '/s/Size',
  handler: (bytes) => bytes,
  decodeRequest: (bytes) => bytes.length,
  encodeResponse: (bytes) => Buffer.from(String(bytes)),
};

/** Serves a method that says how large its request is. */
async function serve(t: TestContext, keepaliveMs = 60_000) {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-node-'));
  const calls = new ActiveCalls();
  const runtime = { calls, log, statusOf: createStatusMapper(log) };
  const connections: NodeConnection[] = [];
  const server = createServer((socket) => {
    const methods = new Map([[size.path, size]]);
    connections.push(new NodeConnection(socket, { methods, runtime, keepaliveMs, largestMessage }));
  });
  const socket = path.join(directory, 's');
  server.listen(socket);
  await once(server, 'listening');
  t.after(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    await once(server, 'close');
    await rm(directory, { recursive: true, force: true });
  });
  return { socket, calls, connections };
}

describe('NodeConnection', () => {
  it('answers calls, many at once', async (t) => {
    const { socket } = await serve(t);
    await using raw = new RawConnection(socket);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => raw.call({ path: size.path, body: frame(Buffer.alloc(n * 1000)) })),
    );
    for (const [n, { status, messages }] of answers.entries()) {
      assert.deepEqual([status, messages.map(String)], [0, [String(n * 1000)]]);
    }
  });

  it('breaks a call off when the requests of a connection take too much memory', async (t) => {
    const { socket, calls } = await serve(t);
    await using raw = new RawConnection(socket);
    // Of 1 MiB each, without their last byte.
    const halves = Array.from({ length: 6 }, () => {
      const half = raw.session.request({ ':method': 'POST', ':path': size.path, 'content-type': 'application/grpc' });
      half.on('error', () => {});
      half.write(frame(Buffer.alloc(largestMessage)).subarray(0, -1));
      return half;
    });
    await Promise.race(halves.map((half) => new Promise((resolve) => half.once('close', resolve))));
    while (calls.size > 5) await new Promise((resolve) => setImmediate(resolve));
    for (const half of halves.slice(0, 5)) half.close();
    while (calls.size > 0) await new Promise((resolve) => setImmediate(resolve));
    // What they held is free again.
    assert.equal((await raw.call({ path: size.path, body: frame(Buffer.alloc(largestMessage)) })).status, 0);
  });

  it('drops a client that gives no sign of life', async (t) => {
    const { socket } = await serve(t, 30);
    await using silent = await RawPeer.connect(socket);
    const closed = once(silent.socket, 'close');
    assert.ok(await silent.ofType(frameTypes.PING));
    await closed;
  });

  it('says goodbye and closes, also twice', async (t) => {
    const { socket, connections } = await serve(t);
    await using peer = await RawPeer.connect(socket);
    await peer.ofType(frameTypes.SETTINGS);
    for (const connection of connections) connection.close();
    assert.ok(await peer.ofType(frameTypes.GOAWAY));
    for (const connection of connections) connection.close();
  });
});
