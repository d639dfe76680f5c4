import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { entryBytes, makeTar, paxEntry } from '../../../tests/support/make-tar.js';
import type { TarEntry, TarHandler } from './entry.js';
import { type TarLimits, TarReader } from './reader.js';

const unlimited: TarLimits = { entries: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

interface ReadEntry extends TarEntry {
  readonly content: Buffer;
}

/** Everything in an archive, given to the reader in pieces of a size. */
function readAll(archive: Buffer, { piece = archive.length, limits = unlimited } = {}): ReadEntry[] {
  const entries: ReadEntry[] = [];
  const handler: TarHandler = {
    entry: (entry) => entries.push({ ...entry, content: Buffer.alloc(entry.size) }),
    content: (bytes, offset) => bytes.copy(entries.at(-1)?.content ?? Buffer.alloc(0), offset),
    end: () => undefined,
  };
  const reader = new TarReader(handler, limits);
  for (let at = 0; at < archive.length; at += piece) reader.write(Buffer.from(archive.subarray(at, at + piece)));
  reader.end();
  return entries;
}

function readOne(archive: Buffer): ReadEntry {
  const [entry] = readAll(archive);
  assert.ok(entry !== undefined);
  return entry;
}

const invalid = (text: RegExp) => ({ code: 'InvalidArgument', message: text });

describe('an archive', () => {
  it('is read with all that entries have', () => {
    const entries = readAll(
      makeTar([
        { name: './', type: '5', mode: 0o755 },
        { name: 'bin/tool', content: 'content', mode: 0o4755, uid: 1, gid: 2, mtime: 3 },
        { name: 'bin/link', type: '1', link: 'bin/tool' },
        { name: 'bin/symlink', type: '2', link: '../tool', mode: 0o777 },
        { name: 'dev/null', type: '3', major: 1, minor: 3 },
        { name: 'dev/loop', type: '4', major: 7, minor: 300 },
        { name: 'fifo', type: '6' },
      ]),
    );
    assert.deepEqual(
      entries.map(({ type, name, linkName }) => [type, name, linkName]),
      [
        ['directory', './', ''],
        ['file', 'bin/tool', ''],
        ['link', 'bin/link', 'bin/tool'],
        ['symlink', 'bin/symlink', '../tool'],
        ['character', 'dev/null', ''],
        ['block', 'dev/loop', ''],
        ['fifo', 'fifo', ''],
      ],
    );
    const [, tool, , , nil, loop] = entries;
    assert.deepEqual([tool?.mode, tool?.uid, tool?.gid, tool?.mtimeNs], [0o4755, 1, 2, 3_000_000_000n]);
    assert.deepEqual([tool?.size, tool?.content.toString()], [7, 'content']);
    assert.deepEqual([nil?.major, nil?.minor, loop?.major, loop?.minor], [1, 3, 7, 300]);
  });

  it('is the same however its bytes are cut into pieces', () => {
    const archive = Buffer.concat([
      entryBytes({ name: 'x', type: 'L', content: `${'long/'.repeat(40)}name\0` }),
      entryBytes({ name: 'short', content: Buffer.alloc(1500, 'a') }),
      makeTar([{ name: 'b', content: 'b', pax: { mtime: '1.5', 'SCHILY.xattr.user.k': Buffer.from([0, 255, 10]) } }]),
    ]);
    const whole = readAll(archive);
    assert.equal(whole.length, 2);
    for (const piece of [1, 7, 511, 512, 513, 1024, 1500]) assert.deepEqual(readAll(archive, { piece }), whole);
  });

  it('may lack its end, and may have anything behind it', () => {
    const entry = entryBytes({ name: 'a', content: 'a' });
    for (const end of ['', '\0'.repeat(512), `${'\0'.repeat(1024)}anything at all`]) {
      assert.deepEqual(
        readAll(Buffer.concat([entry, Buffer.from(end)])).map(({ name }) => name),
        ['a'],
      );
    }
    for (const bytes of [513, 600, 1023]) {
      assert.equal(readOne(entry.subarray(0, bytes)).content.toString(), 'a', 'umoci leaves the last block as it is');
    }
    assert.deepEqual(readAll(Buffer.alloc(0)), []);
  });

  it('says where the content of entries lies, which may be passed over', () => {
    const archive = makeTar([
      { name: 'a', content: 'a'.repeat(600) },
      { name: 'b', pax: { mtime: '1' }, content: 'content of b' },
      { name: 'c', type: '5' },
    ]);
    const places: (readonly [string, number])[] = [];
    const handler: TarHandler = {
      entry: ({ name }) => places.push([name, reader.position]),
      content: () => assert.fail('all is passed over'),
      end: () => undefined,
    };
    const reader = new TarReader(handler, unlimited);
    for (let at = 0; !reader.ended; at = reader.position) {
      if (reader.skippable > 0) reader.skip();
      else reader.write(archive.subarray(at, at + 512 - (at % 512)));
    }
    assert.deepEqual(places, [
      ['a', 512],
      ['b', 512 + 1024 + 1024 + 512],
      ['c', 512 + 1024 + 1024 + 512 + 512 + 512],
    ]);
    const [, [, at] = ['', 0]] = places;
    assert.equal(archive.toString('latin1', at, at + 12), 'content of b');
  });

  it('is refused when it ends inside of an entry', () => {
    const archive = Buffer.concat([paxEntry('x', { path: 'a' }), entryBytes({ name: 'a', content: 'content' })]);
    for (const end of [1, 511, 512, 514, 600, 1024, 1500, 1536, 1540]) {
      assert.throws(() => readAll(archive.subarray(0, end)), invalid(/ends too early/), `${end} bytes`);
    }
  });

  it('is refused when a header is damaged', () => {
    const archive = makeTar([{ name: 'a' }]);
    archive[0] = 0x62;
    assert.throws(() => readAll(archive), invalid(/wrong checksum/));
    assert.throws(() => readAll(Buffer.from('plain text, '.repeat(100))), invalid(/archive header/));
  });

  it('is refused when it has an entry that no layer has', () => {
    for (const type of ['M', 'V', 'D', 'Z']) {
      assert.throws(() => readAll(makeTar([{ name: 'a', type }])), invalid(/which is none of a layer/));
    }
  });

  it('is refused when it has more entries or bytes than it may', () => {
    const archive = makeTar([
      { name: 'a', content: 'aaa' },
      { name: 'b', content: 'bb' },
    ]);
    const exhausted = (message: RegExp) => ({ code: 'ResourceExhausted', message });
    assert.equal(readAll(archive, { limits: { entries: 2, bytes: 5 } }).length, 2);
    assert.throws(() => readAll(archive, { limits: { entries: 1, bytes: 5 } }), exhausted(/more than 1 entries/));
    assert.throws(() => readAll(archive, { limits: { entries: 2, bytes: 4 } }), exhausted(/more than 4 bytes/));
    const large = entryBytes({ name: 'x', type: 'x', size: 2 ** 20 + 1 });
    assert.throws(() => readAll(large), exhausted(/a header of 1048577 bytes/));
  });
});

describe('a name', () => {
  it('is bytes, whatever they are', () => {
    const name = Buffer.from([0x66, 0xff, 0xfe, 0x80]);
    assert.equal(readOne(makeTar([{ name }])).name, name.toString('latin1'));
    assert.equal(readOne(makeTar([{ name: 'x', pax: { path: name } }])).name, name.toString('latin1'));
  });

  it('has its directories before it in ustar, in fewer bytes in star, and not in GNU tar', () => {
    const star: [number, Buffer] = [508, Buffer.from('tar\0')];
    assert.equal(readOne(makeTar([{ name: 'b', prefix: 'a' }])).name, 'a/b');
    const atime: [number, Buffer] = [476, Buffer.from('00000000007 ')];
    const entry = readOne(makeTar([{ name: 'b', prefix: 'a', patches: [star, atime] }]));
    assert.deepEqual([entry.name, entry.atimeNs], ['a/b', 7_000_000_000n]);
    const gnu = readOne(makeTar([{ name: 'b', magic: 'ustar  \0', prefix: '00000000011' }]));
    assert.deepEqual([gnu.name, gnu.atimeNs], ['b', 9_000_000_000n]);
    assert.equal(readOne(makeTar([{ name: 'b', magic: '\0'.repeat(8), prefix: 'a' }])).name, 'b');
  });

  it('may be long, and an extended header goes before a long name', () => {
    const long = 'd/'.repeat(200);
    const names = [
      entryBytes({ name: 'x', type: 'L', content: `${long}name\0` }),
      entryBytes({ name: 'x', type: 'K', content: `${long}target\0` }),
    ];
    const linked = readOne(Buffer.concat([...names, makeTar([{ name: 'a', type: '2', link: 'b' }])]));
    assert.deepEqual([linked.name, linked.linkName], [`${long}name`, `${long}target`]);
    const both = readOne(
      Buffer.concat([...names, makeTar([{ name: 'a', type: '2', pax: { path: 'p', linkpath: 'l' } }])]),
    );
    assert.deepEqual([both.name, both.linkName], ['p', 'l']);
  });

  it('with a slash at the end is a directory in formats before POSIX', () => {
    assert.equal(readOne(makeTar([{ name: 'a/', type: '\0', magic: '\0'.repeat(8) }])).type, 'directory');
    assert.equal(readOne(makeTar([{ name: 'a', type: '\0', magic: '\0'.repeat(8) }])).type, 'file');
  });

  it('has no zero byte', () => {
    assert.throws(() => readAll(makeTar([{ name: 'a', pax: { path: 'a\0b' } }])), invalid(/zero byte/));
  });
});

describe('a number', () => {
  it('may be large: in base 256, or in an extended header', () => {
    const uid: [number, Buffer] = [108, Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xfe])];
    assert.equal(readOne(makeTar([{ name: 'a', patches: [uid] }])).uid, 0xffff_fffe);
    assert.equal(readOne(makeTar([{ name: 'a', pax: { uid: '4294967294', gid: '70000' } }])).uid, 4_294_967_294);
  });

  it('may be a time before 1970, or one between two seconds', () => {
    const mtime: [number, Buffer] = [136, Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xfe])];
    assert.equal(readOne(makeTar([{ name: 'a', patches: [mtime] }])).mtimeNs, -2_000_000_000n);
    const exact = readOne(makeTar([{ name: 'a', pax: { mtime: '1700000000.123456789', atime: '-1.5' } }]));
    assert.deepEqual([exact.mtimeNs, exact.atimeNs], [1_700_000_000_123_456_789n, -1_500_000_000n]);
    assert.equal(readOne(makeTar([{ name: 'a', pax: { mtime: '1.0000000019' } }])).mtimeNs, 1_000_000_001n);
  });

  it('is refused when it is none, or larger than JavaScript counts', () => {
    const bad: [number, Buffer] = [108, Buffer.from('9999999\0')];
    assert.throws(() => readAll(makeTar([{ name: 'a', patches: [bad] }])), invalid(/for a number/));
    const huge: [number, Buffer] = [124, Buffer.from([0x80, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0])];
    assert.throws(() => readAll(makeTar([{ name: 'a', patches: [huge] }])), invalid(/has the number/));
    const negative: [number, Buffer] = [124, Buffer.alloc(12, 0xff)];
    assert.throws(() => readAll(makeTar([{ name: 'a', patches: [negative] }])), invalid(/has the size -1/));
    for (const pax of [{ uid: '-1' }, { gid: 'x' }, { size: '1e3' }, { mtime: 'soon' }]) {
      assert.throws(() => readAll(makeTar([{ name: 'a', pax }])), invalid(/archive has "/));
    }
  });
});

describe('an extended header', () => {
  it('is for one entry, a global one for all that follow unless they say otherwise', () => {
    const entries = readAll(
      Buffer.concat([
        paxEntry('g', { uid: '7', comment: 'of a commit' }),
        entryBytes({ name: 'a', pax: { uid: '8' } }),
        entryBytes({ name: 'b' }),
        paxEntry('g', { gid: '9' }),
        makeTar([{ name: 'c' }, { name: 'd', pax: { uid: '' }, uid: 3 }]),
      ]),
    );
    assert.deepEqual(
      entries.map(({ uid, gid }) => [uid, gid]),
      [
        [8, 0],
        [7, 0],
        [7, 9],
        [3, 9],
      ],
    );
  });

  it('has attributes, with any bytes in them or none', () => {
    const capability = Buffer.from([1, 0, 0, 2, 0, 0x20, 0, 0, 10, 61, 0, 0]);
    const pax = { 'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.empty': '' };
    const { attributes } = readOne(makeTar([{ name: 'a', pax }]));
    assert.deepEqual(
      [...attributes],
      [
        ['security.capability', capability],
        ['user.empty', Buffer.alloc(0)],
      ],
    );
  });

  it('is refused when it is malformed', () => {
    for (const content of ['x', '5 a=b', '7 a=b\n', '4 =b\n', ' a=b\n', '99999999999 a=b\n', '0 a=b\n', '-6 a=b\n']) {
      const archive = Buffer.concat([entryBytes({ name: 'x', type: 'x', content }), makeTar([{ name: 'a' }])]);
      assert.throws(() => readAll(archive), invalid(/malformed extended header/), content);
    }
  });
});

describe('a sparse file', () => {
  const expected = Buffer.alloc(1_000_000);
  expected.fill('a', 8192, 8192 + 4096);
  expected.fill('b', 409_600, 409_600 + 4096);

  /** The file in an archive of Debian's tar. */
  function archiveOf(t: TestContext, format: readonly string[]): Buffer {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-tar-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const file = path.join(directory, 'sparse');
    writeFileSync(file, '');
    truncateSync(file, expected.length);
    writeFileSync(file, expected.subarray(8192, 8192 + 4096), { flag: 'r+' });
    execFileSync('dd', [`of=${file}`, 'conv=notrunc', 'bs=4096', 'seek=2', 'status=none'], {
      input: expected.subarray(8192, 8192 + 4096),
    });
    execFileSync('dd', [`of=${file}`, 'conv=notrunc', 'bs=4096', 'seek=100', 'status=none'], {
      input: expected.subarray(409_600, 409_600 + 4096),
    });
    execFileSync('fallocate', ['--punch-hole', '--offset', '0', '--length', '4096', file]);
    return execFileSync('tar', ['--create', '--sparse', ...format, '--directory', directory, 'sparse'], {
      maxBuffer: 2 ** 24,
    });
  }

  for (const format of [
    ['--format=gnu'],
    ['--format=posix', '--sparse-version=0.0'],
    ['--format=posix', '--sparse-version=0.1'],
    ['--format=posix', '--sparse-version=1.0'],
  ]) {
    it(`of Debian's tar ${format.join(' ')} is read with its holes`, (t) => {
      const archive = archiveOf(t, format);
      assert.ok(archive.length < 100_000, 'only the parts are stored');
      for (const piece of [archive.length, 512, 1000]) {
        const [entry, ...others] = readAll(archive, { piece });
        assert.deepEqual([entry?.name, entry?.size, others], ['sparse', expected.length, []]);
        assert.ok(entry?.content.equals(expected));
      }
    });
  }

  it('may have more parts than its first header has room for', () => {
    const parts = Array.from({ length: 30 }, (_, index) => [index * 1024, 512] as const);
    const field = (number: number) => Buffer.from(`${number.toString(8).padStart(11, '0')}\0`);
    const fields = (some: typeof parts) =>
      Buffer.concat(some.flatMap(([offset, length]) => [field(offset), field(length)]));
    const more = Buffer.alloc(512);
    fields(parts.slice(4, 25)).copy(more);
    more[504] = 1;
    const last = Buffer.alloc(512);
    fields(parts.slice(25)).copy(last);
    const header = entryBytes({
      name: 'a',
      type: 'S',
      magic: 'ustar  \0',
      size: 30 * 512,
      patches: [
        [386, fields(parts.slice(0, 4))],
        [482, Buffer.of(1)],
        [483, field(31 * 1024)],
      ],
    });
    const content = Buffer.alloc(30 * 512, 'x');
    const entry = readOne(Buffer.concat([header, more, last, content, makeTar([{ name: 'b' }])]));
    assert.equal(entry.size, 31 * 1024);
    for (const [offset, length] of parts) {
      assert.equal(
        entry.content.subarray(offset, offset + 1024).toString('latin1'),
        `${'x'.repeat(length)}${'\0'.repeat(512)}`,
      );
    }
  });

  it('is refused when its map is malformed', () => {
    const of = (map: string, size = '10', content = 'abc') =>
      makeTar([{ name: 'a', content, pax: { 'GNU.sparse.size': size, 'GNU.sparse.map': map } }]);
    assert.equal(readOne(of('0,1,8,2')).content.toString('latin1'), 'a\0\0\0\0\0\0\0bc');
    for (const map of ['0,1', '0', '0,4', '8,2,0,1', '0,2,1,1', '9,3', '0,-3', '0,3,,', 'x,y']) {
      assert.throws(() => readAll(of(map)), { code: 'InvalidArgument' }, map);
    }
    const stored = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '10' };
    for (const content of ['', '1\n0\n', `1\n0\n${'\0'.repeat(508)}`, 'x\n'.repeat(256), '9999999999\n'.repeat(50)]) {
      const archive = makeTar([{ name: 'a', content, pax: stored }]);
      assert.throws(() => readAll(archive), { code: /InvalidArgument|ResourceExhausted/ }, content.slice(0, 20));
    }
  });
});
