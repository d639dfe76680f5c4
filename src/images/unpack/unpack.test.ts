import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type MadeEntry, makeTar } from '../../../tests/support/make-tar.js';
import { getAttribute, setAttribute } from '../../linux/index.js';
import { type LayerLimits, usualLimits } from './limits.js';
import { unpackLayer } from './unpack.js';
import type { UnpackedBlob } from './unpack-tasks.js';

interface Place {
  readonly top: string;
  readonly root: string;
  /** Unpacks an archive into the root. */
  unpack(archive: Buffer | readonly MadeEntry[], limits?: LayerLimits): Promise<UnpackedBlob>;
  at(name: string): string;
  read(name: string): string;
}

function place(t: TestContext): Place {
  const top = mkdtempSync(path.join(tmpdir(), 'strata-unpack-'));
  t.after(() => rmSync(top, { recursive: true, force: true }));
  const root = path.join(top, 'root');
  mkdirSync(root);
  const at = (name: string) => path.join(root, name);
  return {
    top,
    root,
    at,
    read: (name) => readFileSync(at(name), 'utf8'),
    unpack: async (given, limits = usualLimits) => {
      const archive = Buffer.isBuffer(given) ? given : makeTar(given as readonly MadeEntry[]);
      const file = path.join(top, 'archive');
      writeFileSync(file, archive);
      const blob = { path: file, offset: 0, length: archive.length };
      return unpackLayer(blob, { root, droppedAttributes: ['trusted.', 'user.overlay.'] }, { limits });
    },
  };
}

const refused = (message: RegExp) => ({ code: 'InvalidArgument', message });
const needsRoot = { skip: process.geteuid?.() !== 0 && 'needs root' };

describe('a layer', needsRoot, () => {
  it('is unpacked with all that its entries have', async (t) => {
    const { at, read, unpack } = place(t);
    const capability = Buffer.from('0000000200200000000000000000000000000000', 'hex');
    capability.writeUInt8(1, 3);
    await unpack([
      { name: 'dir/', type: '5', mode: 0o1777, mtime: 1 },
      {
        name: 'dir/file',
        content: 'content',
        mode: 0o6755,
        uid: 70_000,
        gid: 3,
        pax: { mtime: '1700000000.123456789', atime: '1700000001.5', 'SCHILY.xattr.user.k': Buffer.from([0, 255]) },
      },
      { name: 'dir/link', type: '1', link: 'dir/file', mode: 0o6755, uid: 70_000, gid: 3 },
      { name: 'dir/symlink', type: '2', link: '/etc/x', uid: 5, mtime: 9 },
      { name: 'null', type: '3', major: 1, minor: 3, mode: 0o666 },
      { name: 'large', type: '4', major: 259, minor: 70_000, mode: 0o600 },
      { name: 'fifo', type: '6', mode: 0o622 },
      { name: 'ids', pax: { uid: '4294967294', gid: '4294967293' } },
      {
        name: 'capable',
        content: 'c',
        pax: { 'SCHILY.xattr.security.capability': Buffer.from('AQAAAgAgAAAAAAAAAAAAAAAAAAA=', 'base64') },
      },
    ]);
    const file = lstatSync(at('dir/file'), { bigint: true });
    assert.equal(read('dir/file'), 'content');
    assert.deepEqual([file.mode & 0o7777n, file.uid, file.gid, file.nlink], [0o6755n, 70_000n, 3n, 2n]);
    assert.equal(lstatSync(at('dir/link')).ino, Number(file.ino));
    assert.deepEqual(getAttribute(at('dir/file'), 'user.k'), Buffer.from([0, 255]));
    const link = lstatSync(at('dir/symlink'), { bigint: true });
    assert.deepEqual([readlinkSync(at('dir/symlink')), link.uid, link.mtimeNs], ['/etc/x', 5n, 9_000_000_000n]);
    const [nil, large, fifo] = ['null', 'large', 'fifo'].map((name) => lstatSync(at(name)));
    assert.deepEqual([nil?.isCharacterDevice(), nil?.rdev, (nil?.mode ?? 0) & 0o7777], [true, 0x103, 0o666]);
    assert.deepEqual(
      [large?.isBlockDevice(), large?.rdev],
      [true, ((70_000 & ~0xff) << 12) + (259 << 8) + (70_000 & 0xff)],
    );
    assert.deepEqual([fifo?.isFIFO(), (fifo?.mode ?? 0) & 0o7777], [true, 0o622]);
    const directory = lstatSync(at('dir'), { bigint: true });
    assert.deepEqual([directory.mode & 0o7777n, directory.mtimeNs], [0o1777n, 1_000_000_000n]);
    assert.deepEqual([lstatSync(at('ids')).uid, lstatSync(at('ids')).gid], [4_294_967_294, 4_294_967_293]);
    assert.equal(
      getAttribute(at('capable'), 'security.capability')?.toString('base64'),
      'AQAAAgAgAAAAAAAAAAAAAAAAAAA=',
    );
  });

  it('has times to the nanosecond, and of a file that is not read before it is written', async (t) => {
    const { at, unpack } = place(t);
    await unpack([{ name: 'a', pax: { mtime: '1700000000.123456789', atime: '1600000000' } }]);
    const { mtimeNs, atimeNs } = lstatSync(at('a'), { bigint: true });
    assert.deepEqual([mtimeNs, atimeNs], [1_700_000_000_123_456_789n, 1_700_000_000_123_456_789n]);
  });

  it('keeps names that are no UTF-8, and holes', async (t) => {
    const { root, unpack, at } = place(t);
    const name = Buffer.from([0x66, 0xff]);
    const pax = { 'GNU.sparse.size': '10000000', 'GNU.sparse.map': '0,1,5000000,1' };
    await unpack([{ name }, { name: 'sparse', content: 'ab', pax }]);
    assert.ok(readdirSync(root, 'buffer').some((each) => each.equals(name)));
    const { size, blocks } = lstatSync(at('sparse'));
    assert.ok(size === 10_000_000 && blocks < 100);
    assert.equal(readFileSync(at('sparse'))[5_000_000], 'b'.charCodeAt(0));
  });

  it('is the same whether it is plain, gzip in several members, or zstd in several frames', async (t) => {
    const archive = makeTar([
      { name: 'a', content: 'a'.repeat(5000) },
      { name: 'b', content: 'b' },
    ]);
    const halves = [archive.subarray(0, 3000), archive.subarray(3000)] as const;
    const skippable = Buffer.concat([Buffer.from('502a4d1804000000', 'hex'), Buffer.from('data')]);
    const packed = [
      archive,
      Buffer.concat(halves.map((half) => gzipSync(half))),
      Buffer.concat([skippable, ...halves.map((half) => zstdCompressSync(half)), skippable]),
    ];
    const ids = new Set<string>();
    for (const each of packed) {
      const { at, unpack, read } = place(t);
      const { diffId, digest, plainBytes } = await unpack(each);
      ids.add(diffId);
      assert.equal(digest === diffId, each === archive);
      assert.deepEqual([plainBytes, read('b'), lstatSync(at('a')).size], [archive.length, 'b', 5000]);
    }
    assert.equal(ids.size, 1);
  });

  it('is refused when its stream is damaged or cut off', async (t) => {
    const archive = makeTar([
      { name: 'a', content: Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * n) % 251)) },
    ]);
    const zstd = zstdCompressSync(archive, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    for (const packed of [gzipSync(archive), zstd]) {
      const { unpack } = place(t);
      for (const cut of [packed.length - 1, packed.length - 9, packed.length >> 1, 7]) {
        await assert.rejects(unpack(packed.subarray(0, cut)), refused(/damaged|ends/), `${cut}`);
      }
      const damaged = Buffer.from(packed);
      damaged.fill(0xff, packed.length >> 1, (packed.length >> 1) + 8);
      await assert.rejects(unpack(damaged), { code: 'InvalidArgument' });
      await assert.rejects(unpack(Buffer.concat([packed, Buffer.from('garbage behind it')])), {
        code: 'InvalidArgument',
      });
    }
    await assert.rejects(place(t).unpack(Buffer.from('BZh91AY'.repeat(100))), refused(/no tar archive/));
  });

  it('is refused when it becomes larger than it may', async (t) => {
    const { unpack } = place(t);
    const bomb = gzipSync(makeTar([{ name: 'a', content: Buffer.alloc(5_000_000) }]));
    const exhausted = { code: 'ResourceExhausted' };
    await assert.rejects(unpack(bomb, { ...usualLimits, bytes: 4_000_000 }), exhausted);
    await assert.rejects(unpack([{ name: 'a' }, { name: 'b' }], { ...usualLimits, entries: 1 }), exhausted);
  });
});

describe('names', needsRoot, () => {
  it('land inside of the root, whatever they look like', async (t) => {
    const { top, unpack, read } = place(t);
    await unpack([
      { name: '/absolute', content: '1' },
      { name: '../../up', content: '2' },
      { name: './/dot/./file', content: '3' },
      { name: 'x/../../y', content: '4' },
      { name: './', type: '5', mode: 0o700 },
    ]);
    assert.deepEqual(['absolute', 'up', 'dot/file', 'y'].map(read), ['1', '2', '3', '4']);
    assert.deepEqual(readdirSync(top).sort(), ['archive', 'root']);
  });

  it('lead along the links of their layer, and never out', async (t) => {
    const { top, unpack, read, at } = place(t);
    mkdirSync(path.join(top, 'outside'));
    await unpack([
      { name: 'etc', type: '5', mode: 0o755 },
      { name: 'absolute', type: '2', link: '/etc' },
      { name: 'absolute/1', content: '1' },
      { name: 'relative', type: '2', link: '../../../../etc' },
      { name: 'relative/2', content: '2' },
      { name: 'up', type: '2', link: `../outside` },
      { name: 'up/3', content: '3' },
      { name: 'through', type: '2', link: 'missing/../etc' },
      { name: 'through/4', content: '4' },
      { name: 'whole', type: '2', link: top },
      { name: 'whole/5', content: '5' },
    ]);
    assert.deepEqual(['etc/1', 'etc/2', 'outside/3', 'etc/4', `${top}/5`].map(read), ['1', '2', '3', '4', '5']);
    assert.deepEqual(
      [readdirSync(top).sort(), readdirSync(path.join(top, 'outside'))],
      [['archive', 'outside', 'root'], []],
    );
    assert.equal(existsSync(at('missing')), false);
  });

  it('that lead in a circle, through a file, or are too long are refused', async (t) => {
    const circle = [{ name: 'a', type: '2', link: 'b' }, { name: 'b', type: '2', link: 'a' }, { name: 'a/x' }];
    await assert.rejects(place(t).unpack(circle), refused(/"a\/x".*too many symbolic links/));
    await assert.rejects(place(t).unpack([{ name: 'a' }, { name: 'a/x' }]), refused(/"a\/x".*no directory/));
    await assert.rejects(place(t).unpack([{ name: 'a', pax: { path: 'n'.repeat(256) } }]), refused(/ENAMETOOLONG/));
    for (const depth of [3000, 500_000]) {
      const deep = [{ name: 'a', pax: { path: 'd/'.repeat(depth) } }];
      await assert.rejects(place(t).unpack(deep), refused(/path that is too long/));
    }
  });

  it('of entries that come twice mean the last, of whatever type', async (t) => {
    const { unpack, at, read } = place(t);
    await unpack([
      { name: 'a', type: '5', mode: 0o755 },
      { name: 'a/inside', content: 'x' },
      { name: 'a/hard', type: '1', link: 'later' },
      { name: 'a', content: 'now a file' },
      { name: 'b', content: 'file' },
      { name: 'b', type: '2', link: 'a' },
      { name: 'c', type: '2', link: '/somewhere' },
      { name: 'c', type: '5', mode: 0o711 },
      { name: 'd', type: '5', mode: 0o700 },
      { name: 'd/kept', content: 'kept' },
      { name: 'd', type: '5', mode: 0o750 },
    ]);
    assert.deepEqual([read('a'), readlinkSync(at('b')), read('d/kept')], ['now a file', 'a', 'kept']);
    assert.deepEqual(
      ['c', 'd'].map((name) => lstatSync(at(name)).mode & 0o7777),
      [0o711, 0o750],
    );
  });

  it('whose parents are missing get directories that everybody may read', async (t) => {
    const { unpack, at } = place(t);
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    await unpack([{ name: 'a/b/c' }]);
    for (const name of ['a', 'a/b']) assert.equal(lstatSync(at(name)).mode & 0o7777, 0o755);
  });
});

describe('a hard link', needsRoot, () => {
  it('leads to a file of a lower layer, or to one that comes later', async (t) => {
    const { unpack, at, read } = place(t);
    mkdirSync(at('lower'));
    writeFileSync(at('lower/file'), 'from below');
    symlinkSync('lower', at('way'));
    writeFileSync(at('replaced'), 'old');
    await unpack([
      { name: 'to-lower', type: '1', link: 'way/file' },
      { name: 'first', type: '1', link: 'second' },
      { name: 'second', type: '1', link: 'replaced' },
      { name: 'replaced', content: 'new' },
      { name: '../../third', type: '1', link: '../../replaced' },
    ]);
    assert.equal(lstatSync(at('to-lower')).ino, lstatSync(at('lower/file')).ino);
    assert.deepEqual(['first', 'second', 'third'].map(read), ['new', 'new', 'new']);
    assert.equal(lstatSync(at('replaced')).nlink, 4);
  });

  it('may stand before thousands that it leads to, in any order', async (t) => {
    const { unpack, at } = place(t);
    const links = Array.from({ length: 4000 }, (_, index) => ({ name: `l${index}`, type: '1', link: `l${index + 1}` }));
    await unpack([...links, { name: 'l4000', content: 'x' }, { name: 'd', type: '5', mode: 0o755 }]);
    assert.equal(lstatSync(at('l0')).nlink, 4001);
  });

  it('goes with the directory that it would have been in', async (t) => {
    const { unpack, read } = place(t);
    await unpack([{ name: 'd/link', type: '1', link: 'later' }, { name: 'd', content: 'file' }, { name: 'later' }]);
    assert.equal(read('d'), 'file');
  });

  it('is one to a symbolic link itself, which is not followed', async (t) => {
    const { top, unpack, at } = place(t);
    const outside = path.join(top, 'outside');
    writeFileSync(outside, '');
    chmodSync(outside, 0o400);
    await unpack([
      { name: 'symlink', type: '2', link: outside },
      { name: 'link', type: '1', link: 'symlink', mode: 0o777, uid: 7 },
    ]);
    assert.equal(readlinkSync(at('link')), outside);
    assert.deepEqual([lstatSync(outside).mode & 0o7777, lstatSync(outside).uid], [0o400, 0]);
  });

  it('is refused when it leads to nothing, to a directory, or to the root', async (t) => {
    const link = (to: string) => [
      { name: 'd', type: '5', mode: 0o755 },
      { name: 'a', type: '1', link: to },
    ];
    await assert.rejects(place(t).unpack(link('nothing')), refused(/"a".*"nothing", which does not exist/));
    await assert.rejects(place(t).unpack(link('d')), refused(/hard link to a directory/));
    await assert.rejects(place(t).unpack(link('/')), refused(/hard link to the root/));
    await assert.rejects(place(t).unpack(link('../../archive')), refused(/which does not exist/));
  });
});

describe('a whiteout', needsRoot, () => {
  /** A tree as lower layers show it. */
  function lower({ at }: Place): void {
    for (const name of ['dir', 'dir/sub', 'opaque', 'opaque/kept', 'opaque/gone', 'other']) mkdirSync(at(name));
    for (const name of ['file', 'dir/a', 'dir/sub/b', 'opaque/x', 'opaque/kept/y', 'opaque/gone/z', 'other/w']) {
      writeFileSync(at(name), 'below');
    }
  }

  it('takes away what is below', async (t) => {
    const here = place(t);
    lower(here);
    await here.unpack([
      { name: '.wh.file' },
      { name: './dir/.wh.sub' },
      { name: '.wh.missing' },
      { name: '/.wh.other' },
    ]);
    assert.deepEqual(readdirSync(here.root).sort(), ['dir', 'opaque']);
    assert.deepEqual(readdirSync(here.at('dir')), ['a']);
  });

  it('never takes away what its own layer brings, before it or after it', async (t) => {
    const here = place(t);
    lower(here);
    await here.unpack([
      { name: 'file', content: 'own' },
      { name: '.wh.file' },
      { name: '.wh.dir' },
      { name: 'dir/own', content: 'own' },
      { name: 'other/own', content: 'own' },
      { name: '.wh.other' },
      { name: 'opaque/kept/own', content: 'own' },
      { name: 'opaque/.wh..wh..opq' },
      { name: 'opaque/last', content: 'own' },
    ]);
    assert.deepEqual([here.read('file'), here.read('dir/own')], ['own', 'own']);
    assert.deepEqual(readdirSync(here.at('dir')), ['own']);
    assert.deepEqual(readdirSync(here.at('other')), ['own']);
    assert.deepEqual(readdirSync(here.at('opaque')).sort(), ['kept', 'last']);
    assert.deepEqual(readdirSync(here.at('opaque/kept')), ['own']);
  });

  it('may stand before its parents, and below what is taken away', async (t) => {
    const here = place(t);
    lower(here);
    await here.unpack([
      { name: 'dir/.wh.a' },
      { name: 'dir', type: '5', mode: 0o711 },
      { name: '.wh.opaque' },
      { name: 'opaque/.wh.x' },
      { name: 'opaque/gone/.wh..wh..opq' },
      { name: 'new/.wh.x' },
    ]);
    assert.deepEqual(readdirSync(here.root).sort(), ['dir', 'file', 'new', 'other']);
    assert.deepEqual([readdirSync(here.at('dir')), lstatSync(here.at('dir')).mode & 0o7777], [['sub'], 0o711]);
  });

  it('may be the device that overlay uses for it', async (t) => {
    const here = place(t);
    lower(here);
    await here.unpack([
      { name: 'file', type: '3' },
      { name: 'dir', type: '3' },
    ]);
    assert.deepEqual(readdirSync(here.root).sort(), ['opaque', 'other']);
  });

  it('is refused when it names nothing, the directory or the one above', async (t) => {
    for (const name of ['.wh.', '.wh..', '.wh...', 'dir/.wh.', 'dir/.wh..', 'dir/.wh...']) {
      const here = place(t);
      lower(here);
      await assert.rejects(here.unpack([{ name }]), refused(/whiteout of no name/), name);
      assert.deepEqual(readdirSync(here.root).sort(), ['dir', 'file', 'opaque', 'other']);
    }
  });
});

describe('what lower layers have', needsRoot, () => {
  it('is replaced where an entry needs a directory: their links are not followed', async (t) => {
    const { unpack, at, read } = place(t);
    mkdirSync(at('usr'));
    mkdirSync(at('usr/lib'));
    symlinkSync('usr/lib', at('lib'));
    symlinkSync('usr', at('listed'));
    writeFileSync(at('file'), 'below');
    await unpack([
      { name: 'lib/x', content: 'x' },
      { name: 'listed', type: '5', mode: 0o755 },
      { name: 'file/y', content: 'y' },
    ]);
    assert.deepEqual([lstatSync(at('lib')).isDirectory(), readdirSync(at('lib'))], [true, ['x']]);
    assert.deepEqual([readdirSync(at('usr/lib')), readdirSync(at('listed')), read('file/y')], [[], [], 'y']);
  });

  it('keeps its times where entries are put in, and gets those of the entries that list it', async (t) => {
    const { unpack, at } = place(t);
    for (const name of ['quiet', 'listed']) {
      mkdirSync(at(name));
      setAttribute(at(name), 'user.below', Buffer.from('x'));
      utimesSync(at(name), 5, 6);
    }
    await unpack([
      { name: 'quiet/new' },
      { name: 'listed/new' },
      { name: 'listed', type: '5', mode: 0o700, uid: 3, mtime: 7 },
    ]);
    const [quiet, listed] = [lstatSync(at('quiet')), lstatSync(at('listed'))];
    assert.deepEqual([quiet.mtimeMs, quiet.atimeMs, listed.mtimeMs], [6000, 5000, 7000]);
    assert.deepEqual([listed.mode & 0o7777, listed.uid], [0o700, 3]);
    assert.deepEqual(getAttribute(at('quiet'), 'user.below'), Buffer.from('x'));
    assert.equal(getAttribute(at('listed'), 'user.below'), undefined);
  });

  it('does not change through another name when an entry replaces a file', async (t) => {
    const { unpack, at, read } = place(t);
    writeFileSync(at('one'), 'below');
    linkSync(at('one'), at('two'));
    await unpack([{ name: 'one', content: 'new', mode: 0o600 }]);
    assert.deepEqual([read('one'), read('two')], ['new', 'below']);
  });
});

describe('attributes', needsRoot, () => {
  it('of overlay itself are left out, and those that the file system lacks', async (t) => {
    const { unpack, at } = place(t);
    await unpack([
      {
        name: 'd',
        type: '5',
        mode: 0o755,
        pax: {
          'SCHILY.xattr.trusted.overlay.opaque': 'y',
          'SCHILY.xattr.user.overlay.redirect': '/etc',
          'SCHILY.xattr.nonsense.name': 'x',
          'SCHILY.xattr.user.kept': 'x',
        },
      },
      { name: 'fifo', type: '6', pax: { 'SCHILY.xattr.user.k': 'x' } },
    ]);
    assert.equal(getAttribute(at('d'), 'trusted.overlay.opaque'), undefined);
    assert.equal(getAttribute(at('d'), 'user.overlay.redirect'), undefined);
    assert.deepEqual(getAttribute(at('d'), 'user.kept'), Buffer.from('x'));
  });

  it('and owners that no file can have are refused', async (t) => {
    const refusedEntry = (pax: Record<string, string>) => place(t).unpack([{ name: 'a', pax }]);
    await assert.rejects(refusedEntry({ 'SCHILY.xattr.user.': 'x' }), refused(/attribute "user\."/));
    await assert.rejects(refusedEntry({ uid: '4294967295' }), refused(/the id 4294967295/));
  });
});
