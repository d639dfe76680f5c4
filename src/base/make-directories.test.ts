import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { makeDirectories, makeDirectoriesNow } from './index.js';

const skip = process.geteuid?.() !== 0 && 'needs root';

const ways = {
  makeDirectories,
  makeDirectoriesNow: async (...args: Parameters<typeof makeDirectoriesNow>) => makeDirectoriesNow(...args),
};

function place(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-directories-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An empty file system of its own, with these options. */
function fileSystem(t: TestContext, options: string): string {
  const point = mkdtempSync(path.join(tmpdir(), 'strata-directories-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', point]);
  t.after(() => {
    execFileSync('umount', [point]);
    rmdirSync(point);
  });
  return point;
}

for (const [name, make] of Object.entries(ways)) {
  describe(name, () => {
    it('makes what is missing, with its mode, and tells the topmost', async (t) => {
      const root = place(t);
      assert.equal(await make(path.join(root, 'a/b/c'), 0o750), path.join(root, 'a'));
      for (const each of ['a', 'a/b', 'a/b/c']) assert.equal(lstatSync(path.join(root, each)).mode & 0o777, 0o750);
      assert.equal(await make(path.join(root, 'a/b/c')), undefined);
      assert.equal(lstatSync(path.join(root, 'a/b/c')).mode & 0o777, 0o750);
      symlinkSync('a', path.join(root, 'link'));
      assert.equal(await make(path.join(root, 'link/b/d')), path.join(root, 'link/b/d'));
    });

    it('takes what others make meanwhile', async (t) => {
      const wanted = path.join(place(t), 'a/b/c');
      await Promise.all(Array.from({ length: 8 }, () => make(wanted)));
      assert.ok(lstatSync(wanted).isDirectory());
    });

    it('says what lies in the way', async (t) => {
      const root = place(t);
      writeFileSync(path.join(root, 'file'), '');
      symlinkSync('nowhere', path.join(root, 'link'));
      await assert.rejects(make(path.join(root, 'file')), { code: 'EEXIST', path: path.join(root, 'file') });
      await assert.rejects(make(path.join(root, 'file/a/b')), { code: 'ENOTDIR' });
      await assert.rejects(make(path.join(root, 'link/a')), { code: 'EEXIST', path: path.join(root, 'link') });
    });

    it('gives up where the kernel makes nothing', async () => {
      await assert.rejects(make('/proc/x/y'), { code: 'ENOENT', path: '/proc/x' });
    });

    it('says that a file system is read-only', { skip }, async (t) => {
      await assert.rejects(make(path.join(fileSystem(t, 'ro'), 'a/b')), { code: 'EROFS' });
    });

    it('says that a file system is full', { skip }, async (t) => {
      // The second inode is of the topmost directory.
      const root = fileSystem(t, 'nr_inodes=2');
      await assert.rejects(make(path.join(root, 'a/b')), { code: 'ENOSPC', path: path.join(root, 'a/b') });
    });
  });
}
