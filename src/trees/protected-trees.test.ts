/** Deleting what its owner has protected. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loopFileSystem, whyNoLoopFileSystem } from '../../tests/support/loop-file-system.js';
import { removeTrees } from './remove-trees.js';

async function placeOn(t: TestContext, type: 'ext4' | 'xfs' | 'btrfs'): Promise<string> {
  const fileSystem = await loopFileSystem({ type });
  t.after(() => fileSystem[Symbol.asyncDispose]());
  return mkdtempSync(join(fileSystem.path, 'place-'));
}

function chattr(flags: string, ...paths: readonly string[]): void {
  execFileSync('chattr', [flags, ...paths]);
}

function btrfs(...args: readonly string[]): void {
  execFileSync('btrfs', args, { stdio: 'pipe' });
}

/** A chain of directories as deep as is said, each with a file. */
function makeChain(top: string, depth: number): string[] {
  const directories = [top];
  for (let level = 1; level < depth; level++) directories.push(join(directories.at(-1) ?? top, 'd'));
  mkdirSync(directories.at(-1) ?? top, { recursive: true });
  for (const directory of directories) writeFileSync(join(directory, 'file'), '');
  return directories;
}

describe('removeTrees', () => {
  for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
    it(`deletes what chattr(1) protects, on ${type}`, { skip: whyNoLoopFileSystem(type) }, async (t) => {
      const root = await placeOn(t, type);
      for (const [tree, flags] of Object.entries({ immutable: '+i', append: '+a' })) {
        const directories = makeChain(join(root, tree), 4);
        symlinkSync('nowhere', join(root, tree, 'link'));
        const files = directories.map((directory) => join(directory, 'file'));
        chattr(flags, ...files, ...directories.toReversed());
        chattr(flags, join(root, tree));
      }
      writeFileSync(join(root, 'file'), '');
      chattr('+i', join(root, 'file'));
      await removeTrees(root, ['immutable', 'append', 'file']);
      assert.deepEqual(readdirSync(root), []);
    });
  }

  it('deletes a protected tree that is deeper than directories can be open', {
    skip: whyNoLoopFileSystem('ext4'),
  }, async (t) => {
    const root = await placeOn(t, 'ext4');
    const directories = makeChain(join(root, 'deep'), 150);
    chattr('+i', ...directories.toReversed());
    await removeTrees(root, ['deep']);
    assert.deepEqual(readdirSync(root), []);
  });

  it('leaves the protection of the directory that holds the trees, and says what it is', {
    skip: whyNoLoopFileSystem('ext4'),
  }, async (t) => {
    const root = await placeOn(t, 'ext4');
    mkdirSync(join(root, 'tree'));
    chattr('+i', root);
    await assert.rejects(removeTrees(root, ['tree']), /failed to remove tree: EPERM/);
    assert.deepEqual(readdirSync(root), ['tree']);
    chattr('-i', root);
  });

  it('deletes subvolumes inside, read-only ones too', { skip: whyNoLoopFileSystem('btrfs') }, async (t) => {
    const root = await placeOn(t, 'btrfs');
    const directories = makeChain(join(root, 'tree'), 3);
    const nested = join(directories[1] ?? '', 'nested');
    btrfs('subvolume', 'create', nested);
    // Deep enough to be moved up, which leads to the top of the subvolume and not out of it.
    makeChain(join(nested, 'deep'), 150);
    btrfs('subvolume', 'create', join(nested, 'deep', 'inner'));
    writeFileSync(join(nested, 'deep', 'inner', 'file'), '');
    btrfs('property', 'set', join(nested, 'deep', 'inner'), 'ro', 'true');
    btrfs('property', 'set', nested, 'ro', 'true');
    await removeTrees(root, ['tree']);
    assert.deepEqual(readdirSync(root), []);
  });
});
