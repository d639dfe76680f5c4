import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { mountAll, unmountAll } from '../linux/index.js';
import { removeTrees } from './remove-trees.js';

const isRoot = process.geteuid?.() === 0;

function place(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-remove-'));
  t.after(() => void execFileSync('rm', ['-rf', directory]));
  return directory;
}

/** A tree with directories that have files and directories; more than one thread deletes alone. */
function fill(tree: string, { directories = 12, files = 60 } = {}): void {
  for (let number = 0; number < directories; number++) {
    const inner = path.join(tree, `d${number % 3}`, `e${number}`);
    mkdirSync(inner, { recursive: true });
    for (let file = 0; file < files; file++) writeFileSync(path.join(inner, `f${file}`), 'x');
  }
}

/** Makes a chain of directories from the bottom up, so that no path gets long. */
function makeDeep(root: string, depth: number): void {
  mkdirSync(path.join(root, 'top'));
  for (let n = 1; n < depth; n += 1) {
    mkdirSync(path.join(root, 'next'));
    if (n % 5 === 0) writeFileSync(path.join(root, 'next', 'file'), 'x');
    renameSync(path.join(root, 'top'), path.join(root, 'next', 'd'.repeat(100)));
    renameSync(path.join(root, 'next'), path.join(root, 'top'));
  }
}

describe('removeTrees', () => {
  it('deletes trees of any size, and nothing beside them', async (t) => {
    const root = place(t);
    for (const name of ['1', '2', '3']) fill(path.join(root, name));
    mkdirSync(path.join(root, 'empty'));
    writeFileSync(path.join(root, 'file'), '');
    fill(path.join(root, 'other'), { directories: 1, files: 1 });
    await removeTrees(root, ['1', 'empty', '2', 'never there', 'file', '3']);
    assert.deepEqual(readdirSync(root), ['other']);
    await removeTrees(root, []);
  });

  it('deletes one tree with many threads, when all is in one directory or one below the other', async (t) => {
    const root = place(t);
    mkdirSync(path.join(root, 'wide'));
    for (let file = 0; file < 1500; file++) writeFileSync(path.join(root, 'wide', `${file}`), '');
    makeDeep(root, 300);
    fill(path.join(root, 'top', 'beside'));
    await removeTrees(root, ['wide', 'top']);
    assert.deepEqual(readdirSync(root), []);
  });

  it('follows no link', async (t) => {
    const root = place(t);
    fill(path.join(root, 'kept'), { directories: 1, files: 2 });
    fill(path.join(root, 'tree'));
    symlinkSync(path.join(root, 'kept'), path.join(root, 'tree', 'link'));
    symlinkSync('kept', path.join(root, 'link'));
    await removeTrees(root, ['tree', 'link']);
    assert.deepEqual(readdirSync(root), ['kept']);
    assert.equal(readdirSync(path.join(root, 'kept', 'd0', 'e0')).length, 2);
  });

  it('enters no mount, says what is in the way, and deletes the rest', { skip: !isRoot && 'needs root' }, async (t) => {
    const root = place(t);
    for (const name of ['1', '2', '3']) fill(path.join(root, name));
    const point = path.join(root, '2', 'd1', 'e1');
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], point);
    try {
      writeFileSync(path.join(point, 'precious'), '');
      await assert.rejects(removeTrees(root, ['1', '2', '3']), /failed to remove 2: EBUSY/);
      assert.deepEqual(readdirSync(root), ['2']);
      assert.deepEqual(readdirSync(point), ['precious']);
    } finally {
      await unmountAll(point);
    }
  });

  it('deletes what lies in directories that nobody may enter', async (t) => {
    const root = place(t);
    fill(path.join(root, 'tree'));
    chmodSync(path.join(root, 'tree', 'd0'), 0);
    await removeTrees(root, ['tree']);
    assert.deepEqual(readdirSync(root), []);
  });

  it('goes on while others put files into the tree', async (t) => {
    const root = place(t);
    const tree = path.join(root, 'tree');
    fill(tree);
    const removed = removeTrees(root, ['tree']);
    let made = 0;
    for (let gone = false; !gone && made < 500; made++) {
      await new Promise((resolve) => setImmediate(resolve));
      try {
        writeFileSync(path.join(tree, 'd1', `more ${made}`), '');
      } catch {
        gone = !existsSync(tree);
      }
    }
    await removed;
    assert.equal(existsSync(tree), false);
  });

  it('stops when it is aborted, and finishes when it is asked again', async (t) => {
    const root = place(t);
    fill(path.join(root, 'tree'), { directories: 60 });
    const abort = new AbortController();
    const removed = removeTrees(root, ['tree'], { signal: abort.signal });
    abort.abort();
    await assert.rejects(removed, { code: 'Canceled' });
    await assert.rejects(removeTrees(root, ['tree'], { signal: AbortSignal.abort() }), { code: 'Canceled' });
    assert.equal(existsSync(path.join(root, 'tree')), true);
    await removeTrees(root, ['tree']);
    assert.equal(existsSync(path.join(root, 'tree')), false);
  });

  it('refuses names that lead elsewhere, and deletes nothing then', async (t) => {
    const root = place(t);
    mkdirSync(path.join(root, 'tree'));
    for (const name of ['../tree', '..', '.', '', 'a/b']) {
      await assert.rejects(removeTrees(root, ['tree', name]), { code: 'InvalidArgument' });
    }
    assert.equal(existsSync(path.join(root, 'tree')), true);
    await assert.rejects(removeTrees(path.join(root, 'missing'), ['tree']), /ENOENT/);
    rmSync(path.join(root, 'tree'), { recursive: true });
  });
});
