import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { compareOrder } from './compare-list.js';
import { compareFileList, writeFileList } from './file-list.js';
import { entriesOf } from './listed-entry.js';

const odd = Buffer.from([0x6f, 0xff, 0x64]);

/** A tree with everything that a layer may have, and the place of its file list. */
function makeTree(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'strata-file-list-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const tree = join(directory, 'tree');
  mkdirSync(join(tree, 'etc', 'deep', 'deeper'), { recursive: true });
  mkdirSync(join(tree, 'etc.d'));
  mkdirSync(join(tree, 'bin'));
  for (const name of ['bin/tool', 'etc/motd', 'etc/deep/file', 'etc/deep/deeper/last', 'etc.d/more', 'zero']) {
    writeFileSync(join(tree, name), `content of ${name}`);
  }
  writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), odd]), 'a name that is no text');
  symlinkSync('../bin/tool', join(tree, 'etc', 'link'));
  return { tree, fileList: join(directory, 'file-list') };
}

const changes: readonly {
  readonly name: string;
  readonly change: (tree: string) => void;
  readonly want: readonly [kind: string, path: string, detail: RegExp];
}[] = [
  {
    name: 'one byte, with the times as they were',
    change: (tree) => {
      writeFileSync(join(tree, 'etc/motd'), 'Content of etc/motd');
      utimesSync(join(tree, 'etc/motd'), 1000, 1000);
    },
    want: ['differs', 'etc/motd', /^sha256 "\w{64}" instead of "\w{64}"$/],
  },
  {
    name: 'a mode',
    change: (tree) => chmodSync(join(tree, 'bin/tool'), 0o4755),
    want: ['differs', 'bin/tool', /^mode 2541 instead of 420$/],
  },
  {
    name: 'a link',
    change: (tree) => {
      rmSync(join(tree, 'etc/link'));
      symlinkSync('elsewhere', join(tree, 'etc/link'));
    },
    want: ['differs', 'etc/link', /target "elsewhere" instead of "\.\.\/bin\/tool"/],
  },
  {
    name: 'a file that is gone',
    change: (tree) => rmSync(join(tree, 'etc/deep/deeper/last')),
    want: ['missing', 'etc/deep/deeper/last', /gone/],
  },
  {
    name: 'a file that came',
    change: (tree) => writeFileSync(join(tree, 'etc/deep/new'), ''),
    want: ['added', 'etc/deep/new', /does not list/],
  },
  {
    name: 'a directory in the place of a file',
    change: (tree) => {
      rmSync(join(tree, 'zero'));
      mkdirSync(join(tree, 'zero'));
    },
    want: ['differs', 'zero', /type "directory" instead of "file"/],
  },
];

describe('file lists', () => {
  it('says that nothing differs in a tree that did not change', async (t) => {
    const request = makeTree(t);
    await writeFileList(request);
    assert.deepEqual(await compareFileList(request), { compared: true, differences: [], more: 0 });
    assert.deepEqual(readdirSync(join(request.tree, '..')).sort(), ['file-list', 'tree']);
  });

  for (const { name, change, want } of changes) {
    it(`finds ${name}`, async (t) => {
      const request = makeTree(t);
      // What a change does to the times of a directory is another difference; here they never change.
      const still = () => {
        for (const entry of ['.', 'etc', 'etc/deep', 'etc/deep/deeper', 'etc/motd'])
          utimesSync(join(request.tree, entry), 1000, 1000);
      };
      still();
      await writeFileList(request);
      change(request.tree);
      still();
      const { differences } = await compareFileList(request);
      const [kind, path, detail] = want;
      assert.deepEqual(
        differences.map((found) => [found.kind, found.path]),
        [[kind, path]],
      );
      assert.match(differences[0]?.detail ?? '', detail);
    });
  }

  it('lists names that are no text, and gives the entries in one order', async (t) => {
    const { tree } = makeTree(t);
    const paths = [...entriesOf(tree, () => false)].map(({ path }) => path);
    assert.ok(paths.includes(odd.toString('latin1')));
    assert.deepEqual([...paths].sort(compareOrder), paths);
    assert.equal(paths.length, 14);
  });

  it('does not use a file list that is damaged, cut or something else', async (t) => {
    const request = makeTree(t);
    await writeFileList(request);
    const whole = readFileSync(request.fileList, 'utf8');
    for (const [text, why] of [
      [whole.replace('etc/motd', 'etc/mot'), /checksum/],
      [whole.slice(0, -10), /end is missing/],
      ['something else\n', /does not begin/],
      ['', /end is missing/],
    ] as const) {
      writeFileSync(request.fileList, text);
      const { compared, badFileList } = await compareFileList(request);
      assert.equal(compared, false);
      assert.match(badFileList ?? '', why);
    }
  });

  it('tells no more than a hundred differences, and how many more there are', async (t) => {
    const request = makeTree(t);
    await writeFileList(request);
    for (let index = 0; index < 130; index++) writeFileSync(join(request.tree, 'bin', `new-${index}`), '');
    const { differences, more } = await compareFileList(request);
    assert.equal(differences.length, 100);
    // The directory itself has another time.
    assert.equal(more, 31);
  });

  it('reads a tree without a file list', async (t) => {
    const request = makeTree(t);
    assert.deepEqual(await compareFileList(request), { compared: false, differences: [], more: 0 });
  });

  it('leaves no file when it is stopped or fails', async (t) => {
    const request = makeTree(t);
    await assert.rejects(writeFileList({ ...request, tree: join(request.tree, 'nothing') }), /ENOENT/);
    await assert.rejects(writeFileList(request, AbortSignal.abort()), CanceledError);
    truncateSync(join(request.tree, 'zero'), 2 ** 31);
    const abort = new AbortController();
    const writing = writeFileList(request, abort.signal);
    setImmediate(() => abort.abort());
    await assert.rejects(writing, CanceledError);
    assert.equal(existsSync(request.fileList), false);
    assert.equal(existsSync(`${request.fileList}.new`), false);
  });
});
