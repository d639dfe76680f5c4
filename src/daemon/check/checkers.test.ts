import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { defaultConfig } from '../config/index.js';
import { checkerOf, snapshotters } from './checkers.js';

describe('checkerOf', () => {
  it('knows every snapshotter that the configuration has a section for, and no other', async () => {
    await using temporary = await temporaryStore();
    const configured = Object.keys(defaultConfig().plugins)
      .map((plugin) => /^io\.containerd\.snapshotter\.v1\.(.*)$/.exec(plugin)?.[1])
      .filter((name) => name !== undefined);
    assert.deepEqual([...snapshotters].sort(), configured.sort());
    for (const name of snapshotters)
      assert.notEqual(checkerOf(defaultConfig(), temporary.store, name), undefined, name);
    for (const name of ['zfs', 'toString']) assert.equal(checkerOf(defaultConfig(), temporary.store, name), undefined);
  });

  it('looks where the files are, beyond symbolic links, and makes nothing', async (t) => {
    await using temporary = await temporaryStore();
    const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'strata-checkers-')));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const root = path.join(directory, 'link');
    symlinkSync('real', root);
    const snapshots = path.join('io.containerd.snapshotter.v1.overlayfs', 'snapshots', '7');
    const before = checkerOf({ ...defaultConfig(), root }, temporary.store, 'overlayfs');
    assert.deepEqual(before?.pathsOf('7'), [path.join(root, snapshots)], 'a root that is not there');
    mkdirSync(path.join(directory, 'real', snapshots), { recursive: true });
    const checker = checkerOf({ ...defaultConfig(), root }, temporary.store, 'overlayfs');
    assert.deepEqual(checker?.pathsOf('7'), [path.join(directory, 'real', snapshots)]);
  });
});
