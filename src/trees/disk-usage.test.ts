import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NotFoundError } from '../errors/index.js';
import { directoryCalls } from '../linux/index.js';
import { diskUsage } from './disk-usage.js';
import { measureTree } from './tree-measure.js';
import { smallTree } from './tree-tasks.js';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'strata-usage-'));
  // Node's own removal cannot go deeper than a path is long.
  t.after(() => void execFileSync('rm', ['-rf', path]));
  return path;
}

/** What a tree holds, and how many inodes that is with its top. */
const trees: readonly (readonly [what: string, make: (root: string) => void, inodes: number])[] = [
  ['nothing', () => undefined, 1],
  ['a file', (root) => writeFileSync(join(root, 'file'), 'x'.repeat(10_000)), 2],
  [
    'a sparse file',
    (root) => {
      writeFileSync(join(root, 'file'), 'x');
      truncateSync(join(root, 'file'), 1 << 30);
    },
    2,
  ],
  [
    'hard links, which count once',
    (root) => {
      writeFileSync(join(root, 'file'), 'x'.repeat(10_000));
      mkdirSync(join(root, 'dir'));
      for (const name of ['one', 'dir/two']) linkSync(join(root, 'file'), join(root, name));
    },
    3,
  ],
  [
    'symbolic links, which are not followed',
    (root) => {
      symlinkSync('/usr', join(root, 'far'));
      symlinkSync('nowhere', join(root, 'broken'));
    },
    3,
  ],
  [
    'names that are not text',
    (root) => {
      const name = Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff, 0xfe)]);
      mkdirSync(name);
      writeFileSync(Buffer.concat([name, Buffer.from('/x')]), 'x');
    },
    3,
  ],
  [
    'a deep tree, deeper than a path may be long',
    (root) => {
      // From the bottom up, so that no path gets long.
      mkdirSync(join(root, 'top'));
      for (let n = 1; n < 60; n += 1) {
        mkdirSync(join(root, 'next'));
        renameSync(join(root, 'top'), join(root, 'next', 'd'.repeat(100)));
        renameSync(join(root, 'next'), join(root, 'top'));
      }
    },
    61,
  ],
];

describe('what a tree takes', () => {
  for (const [what, make, inodes] of trees) {
    it(`is as du(1) counts it: ${what}`, async (t) => {
      const root = directory(t);
      make(root);
      const blocks = execFileSync('du', ['-s', '--block-size=512', root], { encoding: 'utf8' }).split('\t')[0];
      const usage = await diskUsage(root);
      assert.deepEqual(usage, { size: Number(blocks) * 512, inodes });
      assert.deepEqual(measureTree(root), usage);
      assert.deepEqual(measureTree(root, { calls: () => undefined }), usage);
    });
  }

  it('is the same in a thread and on this one, small or large', async (t) => {
    const root = directory(t);
    const files = smallTree + 100;
    for (let n = 0; n < files; n += 1) writeFileSync(join(root, `file ${n}`), 'x');
    const usage = await diskUsage(root);
    assert.equal(usage.inodes, files + 1);
    assert.deepEqual(measureTree(root), usage);
  });

  it('counts every entry of a directory that is larger than what is listed at once', (t) => {
    const root = directory(t);
    for (let n = 0; n < 900; n += 1) writeFileSync(join(root, `${n}`.padEnd(200, 'x')), '');
    assert.equal(measureTree(root)?.inodes, 901);
  });

  it('passes over what vanishes meanwhile', (t) => {
    const root = directory(t);
    for (const name of ['a', 'b', 'c']) mkdirSync(join(root, name));
    for (const calls of [directoryCalls, () => undefined]) {
      mkdirSync(join(root, 'gone/inner'), { recursive: true });
      writeFileSync(join(root, 'gone/file'), '');
      const stop = () => {
        rmSync(join(root, 'gone'), { recursive: true, force: true });
        return false;
      };
      assert.equal(measureTree(root, { stop, calls })?.inodes, 4);
    }
  });

  it('is not told when it was stopped', (t) => {
    assert.equal(measureTree(directory(t), { stop: () => true }), undefined);
  });

  it('is an error when there is no tree, or the caller gave up', async (t) => {
    const root = directory(t);
    await assert.rejects(diskUsage(join(root, 'missing')), NotFoundError);
    await assert.rejects(diskUsage(root, { signal: AbortSignal.abort() }), { code: 'Canceled' });
    assert.throws(() => measureTree(join(root, 'missing')), { code: 'ENOENT' });
  });
});
