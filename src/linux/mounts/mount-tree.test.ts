import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MS } from '../calls/sys.js';
import { mountAll, unmountAll } from './mount.js';
import { attributesOf, MountTree } from './mount-tree.js';

describe('attributesOf', () => {
  it('has those flags that are of a mount', () => {
    assert.equal(attributesOf(0), 0);
    assert.equal(attributesOf(MS.RDONLY | MS.NODEV | MS.NOATIME), 0x1 | 0x4 | 0x10);
  });
});

describe('MountTree', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('is a copy of what is mounted, which can be attached elsewhere', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-mount-tree-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    for (const each of [from, to]) mkdirSync(each);
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], from);
    try {
      writeFileSync(join(from, 'file'), '');
      {
        using tree = MountTree.copy(from);
        tree.attach(to);
      }
      assert.deepEqual(readdirSync(to), ['file']);
    } finally {
      await unmountAll(to);
      await unmountAll(from);
    }
    assert.throws(() => MountTree.copy(join(directory, 'missing')), { code: 'ENOENT' });
  });
});
