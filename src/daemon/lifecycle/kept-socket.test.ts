import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '../logging/logger.js';
import { KeptSocket } from './kept-socket.js';
import { claimSocket, isLive } from './socket.js';

/** A socket that is served, in a directory of its own, and what is logged about it. */
async function keep(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'strata-kept-'));
  const path = join(directory, 'run', 's.sock');
  const servers: Server[] = [];
  const listen = (bindPath: string): Promise<void> => {
    const server = createServer((connection) => connection.end());
    servers.push(server);
    return new Promise((resolve, reject) => server.once('error', reject).listen(bindPath, () => resolve()));
  };
  const claim = () => claimSocket(path, { mode: 0o600 });
  const first = await claim();
  await listen(first.bindPath);
  await first.publish();
  const log: string[] = [];
  const logger = createLogger({ level: 'info', format: 'json', destination: { write: (line) => void log.push(line) } });
  const socket = new KeptSocket(first, { address: path, claim, listen, logger });
  t.after(async () => {
    await socket[Symbol.asyncDispose]();
    for (const server of servers) server.close();
    await rm(directory, { recursive: true, force: true });
  });
  const messages = () => log.splice(0).map((line): unknown => JSON.parse(line).msg);
  return { directory, path, socket, messages };
}

test('a socket that was deleted is made again', async (t) => {
  const { path, socket, messages } = await keep(t);
  await socket.look();
  assert.deepEqual(messages(), []);
  await rm(path);
  await socket.look();
  assert.equal(await isLive(path), true);
  assert.deepEqual(messages(), ['the socket was gone; made it again']);
  await rm(dirname(path), { recursive: true });
  await Promise.all([socket.look(), socket.look()]);
  assert.equal(await isLive(path), true);
  assert.deepEqual(await readdir(dirname(path)), ['s.sock']);
  assert.deepEqual(messages(), ['the socket was gone; made it again']);
  await socket[Symbol.asyncDispose]();
  assert.deepEqual(await readdir(dirname(path)), []);
});

test('what lies in its place is left alone, and said once', async (t) => {
  const { path, socket, messages } = await keep(t);
  await rm(path);
  await writeFile(path, 'precious');
  await socket.look();
  await socket.look();
  assert.deepEqual(messages(), ['the socket is gone, and clients cannot reach this daemon']);
  assert.deepEqual(await readdir(dirname(path)), ['s.sock']);
  await rm(path);
  await socket.look();
  assert.equal(await isLive(path), true);
  assert.deepEqual(messages(), ['the socket was gone; made it again']);
});

test('the socket of another daemon is left alone', async (t) => {
  const { path, socket, messages } = await keep(t);
  await rm(path);
  const other = await claimSocket(path, { mode: 0o600 });
  const server = createServer();
  t.after(() => void server.close());
  await new Promise<void>((resolve) => server.listen(other.bindPath, () => resolve()));
  await other.publish();
  await socket.look();
  assert.deepEqual(messages(), ['the socket is gone, and clients cannot reach this daemon']);
  await socket[Symbol.asyncDispose]();
  assert.equal(await isLive(path), true);
  await other.release();
});
