import assert from 'node:assert/strict';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  PermissionDeniedError,
} from '../../errors/index.js';
import { claimSocket, isLive, type SocketClaim } from './socket.js';

const access = { mode: 0o600 };
const isRoot = process.getuid?.() === 0;

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'strata-socket-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function listen(t: TestContext, path: string): Promise<Server> {
  const server = createServer((connection) => connection.end());
  t.after(() => new Promise((resolve) => server.close(resolve)));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/** A socket that nobody listens on, as a killed daemon leaves it. */
async function deadSocket(t: TestContext, path: string): Promise<void> {
  const claim = await claimSocket(path, access);
  const server = await listen(t, claim.bindPath);
  await claim.publish();
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await isLive(path), false);
}

async function serveAt(t: TestContext, path: string, mode = 0o600): Promise<SocketClaim> {
  const claim = await claimSocket(path, { mode });
  await listen(t, claim.bindPath);
  await claim.publish();
  return claim;
}

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

test('a claimed path is reachable only from its publishing to its release', async (t) => {
  const root = await directory(t);
  const path = join(root, 'a.sock');
  const claim = await claimSocket(path, access);
  await listen(t, claim.bindPath);
  assert.equal(await isLive(path), false);
  await claim.publish();
  assert.equal(await isLive(path), true);
  assert.deepEqual(await readdir(root), ['a.sock']);
  await claim.release();
  assert.deepEqual(await readdir(root), []);
  await claim.release();
});

test('until it has its permissions the socket lies where nobody else can enter', async (t) => {
  const claim = await claimSocket(join(await directory(t), 'a.sock'), { mode: 0o666 });
  t.after(() => claim.release());
  assert.equal(await modeOf(dirname(claim.bindPath)), 0o700);
});

for (const [mode, directoryMode] of [
  [0o600, 0o700],
  [0o660, 0o711],
] as const) {
  test(`mode ${mode.toString(8)} makes a directory of mode ${directoryMode.toString(8)}`, async (t) => {
    const path = join(await directory(t), 'run', 'strata', 'a.sock');
    const claim = await serveAt(t, path, mode);
    assert.equal(await modeOf(path), mode);
    assert.equal(await modeOf(dirname(path)), directoryMode);
    await claim.release();
  });
}

test('a directory that is there keeps its mode', async (t) => {
  const root = await directory(t);
  await chmod(root, 0o755);
  await serveAt(t, join(root, 'a.sock'));
  assert.equal(await modeOf(root), 0o755);
});

for (const mode of [0o777, 0o770]) {
  test(`a directory of mode ${mode.toString(8)}, in which others could replace the socket, is refused`, async (t) => {
    const root = await directory(t);
    const path = join(root, 'a.sock');
    await chmod(root, mode);
    await assert.rejects(
      claimSocket(path, access),
      new PermissionDeniedError(
        `cannot listen on ${path}: directory ${root} has mode ${mode.toString(8)}, so that others can write to it; try: chmod go-w`,
      ),
    );
    assert.deepEqual(await readdir(root), []);
    await chmod(root, 0o1000 | mode);
    await serveAt(t, path);
  });
}

test('a directory of somebody else is refused', { skip: !isRoot && 'needs root' }, async (t) => {
  const root = join(await directory(t), 'strata-0');
  await mkdir(root, 0o700);
  await chown(root, 1234, 0);
  const path = join(root, 'a.sock');
  const refusal = new PermissionDeniedError(`cannot listen on ${path}: directory ${root} belongs to user 1234`);
  await assert.rejects(claimSocket(path, access), refusal);
  assert.deepEqual(await readdir(root), []);
  await (await claimSocket(path, { ...access, uid: 1234 })).release();
});

test('the socket gets its owner', { skip: !isRoot && 'needs root' }, async (t) => {
  const path = join(await directory(t), 'a.sock');
  const claim = await claimSocket(path, { mode: 0o660, uid: 12, gid: 34 });
  await listen(t, claim.bindPath);
  await claim.publish();
  const { uid, gid, mode } = await lstat(path);
  assert.deepEqual([uid, gid, mode & 0o777], [12, 34, 0o660]);
  await claim.release();
});

test('a living daemon keeps its socket', async (t) => {
  const path = join(await directory(t), 'a.sock');
  await serveAt(t, path);
  await assert.rejects(
    claimSocket(path, access),
    new AlreadyExistsError(`cannot listen on ${path}: another daemon listens there`),
  );
  assert.equal(await isLive(path), true);
});

test('the socket of a daemon that died is replaced', async (t) => {
  const path = join(await directory(t), 'a.sock');
  await deadSocket(t, path);
  await serveAt(t, path);
  assert.equal(await isLive(path), true);
});

test('a dead socket stays until the new one is ready', async (t) => {
  const path = join(await directory(t), 'a.sock');
  await deadSocket(t, path);
  const claim = await claimSocket(path, access);
  assert.ok((await lstat(path)).isSocket());
  await claim.release();
  assert.ok((await lstat(path)).isSocket());
});

test('of two daemons that start at once one wins, and the loser takes nothing away', async (t) => {
  const root = await directory(t);
  const path = join(root, 'a.sock');
  const claims = [await claimSocket(path, access), await claimSocket(path, access)];
  await Promise.all(claims.map((claim) => listen(t, claim.bindPath)));
  const results = await Promise.allSettled(claims.map((claim) => claim.publish()));
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    assert.ok(result.reason instanceof AlreadyExistsError);
    assert.equal(result.reason.context, `cannot listen on ${path}: another daemon listens there`);
    await claims[index]?.release();
  }
  assert.equal(await isLive(path), true);
  assert.deepEqual(await readdir(root), ['a.sock']);
});

test('what is no socket is refused and left alone', async (t) => {
  const root = await directory(t);
  const path = join(root, 'a.sock');
  const refusal = new FailedPreconditionError(
    `cannot listen on ${path}: a file that is no socket lies there; move it away`,
  );
  await writeFile(path, 'precious');
  await assert.rejects(claimSocket(path, access), refusal);
  assert.equal(await readFile(path, 'utf8'), 'precious');
  await rm(path);
  await symlink(join(root, 'elsewhere'), path);
  await assert.rejects(claimSocket(path, access), refusal);
  assert.deepEqual(await readdir(root), ['a.sock']);
});

test('a file that appears before the publishing is left alone', async (t) => {
  const path = join(await directory(t), 'a.sock');
  const claim = await claimSocket(path, access);
  await listen(t, claim.bindPath);
  await writeFile(path, 'precious');
  await assert.rejects(claim.publish(), FailedPreconditionError);
  await claim.release();
  assert.equal(await readFile(path, 'utf8'), 'precious');
});

test("a successor's socket is not taken away", async (t) => {
  const path = join(await directory(t), 'a.sock');
  const claim = await serveAt(t, path);
  await rm(path);
  await serveAt(t, path);
  await claim.release();
  assert.equal(await isLive(path), true);
});

test('a path that the kernel would cut is refused', async (t) => {
  const root = await directory(t);
  const path = join(root, 'é'.repeat(60));
  const bytes = Buffer.byteLength(path);
  await assert.rejects(
    claimSocket(path, access),
    new InvalidArgumentError(`socket path ${path} is ${bytes} bytes long, want at most 107`),
  );
  const longest = join(root, 'x'.repeat(107 - Buffer.byteLength(root) - 1));
  await serveAt(t, longest);
  assert.equal(await isLive(longest), true);
});

test('a short name in a directory too deep for the private one is refused, and nothing is left', async (t) => {
  const top = await directory(t);
  const path = join(top, 'd'.repeat(107 - Buffer.byteLength(top) - 3), 's');
  assert.equal(Buffer.byteLength(path), 107);
  await assert.rejects(claimSocket(path, access), InvalidArgumentError);
  assert.deepEqual(await readdir(dirname(path)), []);
});

test('a directory that cannot be written to is refused', { skip: isRoot && 'root may write anywhere' }, async (t) => {
  const root = await directory(t);
  await chmod(root, 0o500);
  await assert.rejects(claimSocket(join(root, 'a.sock'), access), PermissionDeniedError);
});
