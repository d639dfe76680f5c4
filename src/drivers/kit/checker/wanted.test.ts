import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { attributeProblems, giveToOwner, lookAt, remake, type Wanted } from './wanted.js';

const isRoot = process.geteuid?.() === 0;

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'strata-wanted-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const wanted = (path: string, more: Partial<Wanted> = {}): Wanted => ({
  path,
  type: 'directory',
  missing: 'missing-directory',
  mode: 0o700,
  remake: 0o700,
  ...more,
});

describe('what a snapshot must have', () => {
  it('is told to be missing, of another type, or there', (t) => {
    const root = place(t);
    writeFileSync(join(root, 'file'), '');
    mkdirSync(join(root, 'directory'));
    symlinkSync('directory', join(root, 'link'));
    const kindOf = (each: Wanted) => {
      const found = lookAt(each);
      return 'kind' in found ? [found.kind, found.repairable] : 'there';
    };
    assert.deepEqual(kindOf(wanted(join(root, 'nothing'))), ['missing-directory', true]);
    assert.deepEqual(kindOf(wanted(join(root, 'nothing'), { remake: undefined })), ['missing-directory', false]);
    assert.deepEqual(kindOf(wanted(join(root, 'file', 'below'))), ['missing-directory', true]);
    assert.deepEqual(kindOf(wanted(join(root, 'link'))), ['wrong-type', false]);
    assert.deepEqual(kindOf(wanted(join(root, 'directory'), { type: 'file' })), ['wrong-type', false]);
    assert.equal(kindOf(wanted(join(root, 'directory'))), 'there');
    assert.equal(kindOf(wanted(join(root, 'file'), { type: 'file' })), 'there');
  });

  it('has an exact mode and the owner of the place, unless a container sets them', {
    skip: !isRoot && 'needs root',
  }, (t) => {
    const root = place(t);
    const path = join(root, 'directory');
    mkdirSync(path);
    chmodSync(path, 0o755);
    chownSync(path, 7, 8);
    const problems = attributeProblems(wanted(path), lstatSync(path), root);
    assert.deepEqual(
      problems.map(({ kind, message }) => [kind, message]),
      [
        ['wrong-mode', 'it has the mode 0755 and was made with 0700'],
        ['wrong-owner', 'it belongs to 7:8 and must belong to 0:0'],
      ],
    );
    assert.deepEqual(attributeProblems(wanted(path, { mode: undefined }), lstatSync(path), root), []);
    giveToOwner(path, root);
    assert.deepEqual([lstatSync(path).uid, lstatSync(path).gid], [0, 0]);
  });

  it('is made again with its mode, whatever the umask, and not where that would be a guess', (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const root = place(t);
    remake(wanted(join(root, 'directory'), { remake: 0o755 }), root);
    remake(wanted(join(root, 'file'), { type: 'file', remake: 0o644 }), root);
    remake(wanted(join(root, 'lost'), { remake: undefined }), root);
    assert.equal(lstatSync(join(root, 'directory')).mode & 0o7777, 0o755);
    assert.equal(lstatSync(join(root, 'file')).mode & 0o7777, 0o644);
    assert.throws(() => lstatSync(join(root, 'lost')), { code: 'ENOENT' });
  });
});
