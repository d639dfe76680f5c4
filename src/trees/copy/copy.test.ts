import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import {
  chmod,
  chown,
  lchown,
  link,
  mkdir,
  mkdtemp,
  open,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { AlreadyExistsError, CanceledError, ResourceExhaustedError, UnknownError } from '../../errors/index.js';
import {
  getAttribute,
  listAttributes,
  makeNode,
  mountAll,
  setAttribute,
  setTimes,
  toBytes,
  unmountAll,
} from '../../linux/index.js';
import { removeTrees } from '../remove-trees.js';
import { copyFile, copyTree } from './copy.js';

const isRoot = process.getuid?.() === 0;
const needsRoot = { skip: !isRoot && 'needs root' };
const MIB = 2 ** 20;

async function directory(t: TestContext, base = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(base, 'strata-copy-'));
  // A test makes trees deeper than Node's own rm can go.
  t.after(() => removeTrees(base, [path.slice(base.length + 1)]));
  return path;
}

/** Everything about a tree that a copy has to keep, by path; the times of the last access are not compared. */
function describeTree(top: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const names = new Map<bigint, string>();
  const visit = (path: string) => {
    const bytes = toBytes(path);
    const stats = lstatSync(bytes, { bigint: true });
    const { mode, uid, gid, rdev, mtimeNs, ino, size } = stats;
    const firstName = names.get(ino) ?? path.slice(top.length);
    names.set(ino, firstName);
    const attributes = listAttributes(bytes).map((name) => [name.toString('hex'), getAttribute(bytes, name)]);
    const content = stats.isFile() ? readFileSync(bytes) : stats.isSymbolicLink() ? readlinkSync(bytes, 'buffer') : '';
    const length = stats.isDirectory() ? 0n : size;
    found.set(path.slice(top.length), { mode, uid, gid, rdev, mtimeNs, firstName, attributes, content, length });
    if (stats.isDirectory()) for (const name of readdirSync(bytes, 'latin1').sort()) visit(`${path}/${name}`);
  };
  visit(top);
  return found;
}

async function assertCopied(from: string, to: string): Promise<void> {
  await copyTree({ from, to });
  assert.deepEqual(describeTree(to), describeTree(from));
}

/** What anybody may make. */
async function makeOrdinary(top: string): Promise<void> {
  await mkdir(join(top, 'dir/empty'), { recursive: true });
  await writeFile(join(top, 'dir/file'), 'content');
  await writeFile(join(top, 'empty'), '');
  await writeFile(join(top, 'large'), Buffer.alloc(3 * MIB + 17, 'x'));
  await link(join(top, 'dir/file'), join(top, 'dir/linked'));
  await link(join(top, 'dir/file'), join(top, 'linked-elsewhere'));
  await symlink('dir/file', join(top, 'symlink'));
  await symlink('/nowhere/at all', join(top, 'dangling'));
  await writeFile(toBytes(`${top}/\xff\xfe not text`), 'named in bytes');
  await writeFile(join(top, 'dir/modes'), '');
  await chmod(join(top, 'dir/modes'), 0o6751);
  await chmod(join(top, 'dir/empty'), 0o1777);
  for (const [name, mtimeNs] of [
    ['dir/file', 1_234_567_890_123_456_789n],
    ['symlink', -1n],
    ['dir', 987_654_321_987_654_321n],
  ] as const) {
    setTimes(Buffer.from(join(top, name)), { atimeNs: 5n, mtimeNs });
  }
}

/** What only root may make. */
async function makePrivileged(top: string): Promise<void> {
  makeNode(Buffer.from(join(top, 'null')), constants.S_IFCHR | 0o666, (1 << 8) | 3);
  makeNode(Buffer.from(join(top, 'block')), constants.S_IFBLK | 0o600, (250 << 8) | 1 | (0x12 << 20));
  await chown(join(top, 'dir/modes'), 1234, 5678);
  await chmod(join(top, 'dir/modes'), 0o6751);
  await lchown(join(top, 'symlink'), 7, 8);
  await chown(join(top, 'dir'), 9, 10);
  setAttribute(join(top, 'dir'), 'trusted.overlay.opaque', Buffer.from('y'));
  setAttribute(join(top, 'symlink'), 'trusted.of-a-link', Buffer.from([0, 1, 255]));
  setAttribute(join(top, 'dir/modes'), 'security.capability', capability());
  setAttribute(join(top, 'dir'), Buffer.from('trusted.\xff\xfe', 'latin1'), Buffer.of());
  utimesNow(top);
}

function utimesNow(top: string): void {
  setTimes(Buffer.from(top), { atimeNs: 1n, mtimeNs: 77_777_777_777_777_777n });
}

/** struct vfs_cap_data of revision 2 with CAP_NET_BIND_SERVICE. */
function capability(): Buffer {
  const data = Buffer.alloc(20);
  data.writeUInt32LE(0x02000001, 0);
  data.writeUInt32LE(1 << 10, 4);
  return data;
}

describe('copyTree', () => {
  it('keeps content, names, links, modes and times', async (t) => {
    const top = await directory(t);
    await mkdir(join(top, 'from'));
    await makeOrdinary(join(top, 'from'));
    await assertCopied(join(top, 'from'), join(top, 'to'));
  });

  it('keeps owners, devices, attributes and capabilities', needsRoot, async (t) => {
    const top = await directory(t);
    await mkdir(join(top, 'from'));
    await makeOrdinary(join(top, 'from'));
    await makePrivileged(join(top, 'from'));
    await assertCopied(join(top, 'from'), join(top, 'to'));
  });

  it('keeps fifos and sockets, without waiting for whoever is at their other end', async (t) => {
    const top = await directory(t);
    const from = join(top, 'from');
    await mkdir(from);
    makeNode(Buffer.from(join(from, 'fifo')), constants.S_IFIFO | 0o600, 0);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(from, 'socket'), resolve));
    await assertCopied(from, join(top, 'to'));
    server.close();
  });

  it('keeps holes', async (t) => {
    const top = await directory(t);
    const from = join(top, 'from');
    await mkdir(from);
    const file = await open(join(from, 'sparse'), 'w');
    await file.write('start', 0);
    await file.write('middle', 20 * MIB);
    await file.truncate(64 * MIB);
    await file.close();
    await writeFile(join(from, 'only a hole'), '');
    await truncate(join(from, 'only a hole'), MIB);
    await copyTree({ from, to: join(top, 'to') });
    for (const name of ['sparse', 'only a hole']) {
      const [before, copied] = [lstatSync(join(from, name)), lstatSync(join(top, 'to', name))];
      assert.equal(copied.size, before.size);
      assert.ok(copied.blocks <= before.blocks, `${copied.blocks} blocks of ${before.blocks}`);
    }
    assert.ok(readFileSync(join(top, 'to/sparse')).equals(readFileSync(join(from, 'sparse'))));
  });

  it('goes deeper than a path can be long, with links across', async (t) => {
    const top = await directory(t);
    // By a shell, step by step, for the same reason.
    const script =
      'mkdir from && cd from && echo top > first && for i in $(seq 300); do mkdir "$1" && cd -P "$1" || exit 1; done && echo deep > file && ln file linked && ln file "$2/from/raised"';
    execFileSync('sh', ['-c', script, 'sh', 'd'.repeat(100), top], { cwd: top });
    await copyTree({ from: join(top, 'from'), to: join(top, 'to') });
    assert.equal(readFileSync(join(top, 'to/raised'), 'utf8'), 'deep\n');
    assert.equal(lstatSync(join(top, 'to/raised')).nlink, 3);
    const walk = 'for i in $(seq 300); do cd -P d* || exit 1; done; cat file linked';
    assert.equal(execFileSync('sh', ['-c', walk], { cwd: join(top, 'to') }).toString(), 'deep\ndeep\n');
  });

  it('takes a symbolic link at the top for no tree', async (t) => {
    const top = await directory(t);
    await mkdir(join(top, 'dir'));
    await symlink('dir', join(top, 'link'));
    await assert.rejects(copyTree({ from: join(top, 'link'), to: join(top, 'to') }), UnknownError);
    await assert.rejects(copyTree({ from: join(top, 'nothing'), to: join(top, 'to') }), /ENOENT/);
    assert.deepEqual(readdirSync(top).sort(), ['dir', 'link']);
  });

  it('touches nothing that is in its way', async (t) => {
    const top = await directory(t);
    await mkdir(join(top, 'from'));
    await mkdir(join(top, 'to'));
    await writeFile(join(top, 'to/kept'), '');
    await assert.rejects(copyTree({ from: join(top, 'from'), to: join(top, 'to') }), AlreadyExistsError);
    assert.deepEqual(readdirSync(join(top, 'to')), ['kept']);
  });

  it('leaves nothing when it is aborted, before or in the middle', async (t) => {
    const top = await directory(t);
    const from = join(top, 'from');
    await mkdir(from);
    await Promise.all(Array.from({ length: 1500 }, (_, n) => writeFile(join(from, String(n)), 'x')));
    const signal = AbortSignal.abort();
    await assert.rejects(copyTree({ from, to: join(top, 'to'), signal }), CanceledError);
    const abort = new AbortController();
    const copying = copyTree({ from, to: join(top, 'to'), signal: abort.signal });
    while (!existsSync(join(top, 'to')) || readdirSync(join(top, 'to')).length < 10) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    abort.abort();
    await assert.rejects(copying, CanceledError);
    assert.deepEqual(readdirSync(top), ['from']);
  });

  it('leaves nothing on a disk that is full', needsRoot, async (t) => {
    const top = await mkdtemp(join(tmpdir(), 'strata-copy-'));
    t.after(async () => {
      await unmountAll(top);
      await rm(top, { recursive: true });
    });
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: ['size=4m'] }], top);
    await mkdir(join(top, 'from'));
    for (const name of ['a', 'b', 'c']) await writeFile(join(top, 'from', name), Buffer.alloc(MIB, 1));
    await assert.rejects(copyTree({ from: join(top, 'from'), to: join(top, 'to') }), ResourceExhaustedError);
    assert.deepEqual(readdirSync(top), ['from']);
  });
});

describe('copyTree where blocks can be shared', { skip: whyNoLoopFileSystem('xfs', 'ext4') }, () => {
  let xfs: LoopFileSystem;
  let ext4: LoopFileSystem;
  before(async () => {
    [xfs, ext4] = [await loopFileSystem({ type: 'xfs' }), await loopFileSystem({ type: 'ext4' })];
  });
  after(async () => {
    await xfs[Symbol.asyncDispose]();
    await ext4[Symbol.asyncDispose]();
  });

  for (const name of ['xfs', 'ext4'] as const) {
    it(`keeps everything on ${name}`, async (t) => {
      const top = await directory(t, name === 'xfs' ? xfs.path : ext4.path);
      await mkdir(join(top, 'from'));
      await makeOrdinary(join(top, 'from'));
      await makePrivileged(join(top, 'from'));
      await assertCopied(join(top, 'from'), join(top, 'to'));
    });
  }

  it('takes no room for content on xfs', async (t) => {
    const top = await directory(t, xfs.path);
    await mkdir(join(top, 'from'));
    for (let n = 0; n < 6; n++) await writeFile(join(top, 'from', String(n)), Buffer.alloc(16 * MIB, n + 1));
    execFileSync('sync', ['--file-system', top]);
    const free = () => Number(execFileSync('stat', ['--file-system', '--format=%f', top])) * 4096;
    const before = free();
    await copyTree({ from: join(top, 'from'), to: join(top, 'to') });
    execFileSync('sync', ['--file-system', top]);
    assert.ok(before - free() < 16 * MIB, `${before - free()} bytes were taken`);
  });
});

describe('copyFile', () => {
  it('copies the content alone, with its holes, under exactly the mode given', async (t) => {
    const top = await directory(t);
    const [from, to] = [join(top, 'from'), join(top, 'to')];
    const file = await open(from, 'w', 0o600);
    await file.write('end', 10 * MIB);
    await file.close();
    await utimes(from, 1, 1);
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    await copyFile({ from, to, mode: 0o644 });
    const copied = lstatSync(to);
    assert.equal(copied.mode & 0o7777, 0o644);
    assert.ok(copied.mtimeMs > 1000);
    assert.ok(copied.blocks * 512 < MIB);
    assert.ok(readFileSync(to).equals(readFileSync(from)));
  });

  it('touches nothing that is in its way, and leaves nothing when it fails', async (t) => {
    const top = await directory(t);
    const [from, to] = [join(top, 'from'), join(top, 'to')];
    await writeFile(from, 'new');
    await writeFile(to, 'old');
    await assert.rejects(copyFile({ from, to, mode: 0o644 }), AlreadyExistsError);
    assert.equal(readFileSync(to, 'utf8'), 'old');
    await assert.rejects(copyFile({ from: top, to: join(top, 'of a directory'), mode: 0o644 }), UnknownError);
    await assert.rejects(copyFile({ from: join(top, 'none'), to: join(top, 'x'), mode: 0o644 }), /ENOENT/);
    assert.deepEqual(readdirSync(top).sort(), ['from', 'to']);
  });
});
