import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import {
  Http2Server,
  headerBlock,
  type ServerLimits,
  type ServerStream,
  type StreamListener,
} from '../../src/rpc/http2/index.js';

const limits: ServerLimits = {
  streams: 4,
  headerBytes: 8192,
  heldHeaderBytes: 1_000_000,
  bodyBytes: 200_000,
  bufferedBytes: 300_000,
  answerBytes: 1_000_000,
  streamWindow: 100_000,
  keepaliveMs: 60_000,
  prefaceMs: 60_000,
};

const ok = headerBlock([[':status', '200']], { common: true });
const done = headerBlock([['result', 'done']], { common: true });

/** What became of the requests to an echo server. */
export interface SeenRequests {
  readonly streams: ServerStream[];
  gone: number;
}

/** An HTTP/2 server without gRPC. */
export interface EchoServer {
  readonly server: Http2Server;
  /** The path of its socket. */
  readonly socket: string;
  readonly seen: SeenRequests;
}

/**
 * Serves for the time of a test on a socket in a new directory: each request gets its own body back, but those for
 * `/wait` get nothing, and those for `/now` a 404 before their body came. The test fails when the server threw.
 */
export async function serveEcho(t: TestContext, overrides: Partial<ServerLimits> = {}): Promise<EchoServer> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-http2-'));
  const seen: SeenRequests = { streams: [], gone: 0 };
  const defects: unknown[] = [];
  const server = new Http2Server({
    limits: { ...limits, ...overrides },
    handler: (stream) => echo(stream, seen),
    headersTooLarge: headerBlock([[':status', '431']], { common: false }),
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

function echo(stream: ServerStream, seen: SeenRequests): StreamListener {
  seen.streams.push(stream);
  const refuse = (...fields: readonly (readonly [string, string])[]): void => {
    stream.end(headerBlock(fields, { common: false }));
    stream.release();
  };
  if (stream.headers.path === '/now') refuse([':status', '404']);
  return {
    body(bytes) {
      if (stream.headers.path === '/wait') return;
      stream.respond(ok);
      stream.finish(bytes, done);
      stream.release();
    },
    overflow: (head) => refuse([':status', '413'], ['head', String(head.length > 0)]),
    gone() {
      seen.gone++;
      stream.release();
    },
  };
}
