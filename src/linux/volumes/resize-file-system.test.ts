import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findMkfs, makeFileSystem } from './make-file-system.js';
import { fileVolume, isFilled, resizeFileSystem } from './resize-file-system.js';

const MIB = 2 ** 20;

describe('resizeFileSystem', { skip: findMkfs('ext4') === undefined && 'needs mkfs.ext4' }, () => {
  it('makes a file and the file system in it larger and smaller', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-resize-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'image');
    const volume = fileVolume(path);
    writeFileSync(path, '');
    await volume.resize(32 * MIB);
    assert.equal(statSync(path).size, 32 * MIB);
    await makeFileSystem({ type: 'ext4', path });
    for (const size of [48 * MIB, 24 * MIB]) {
      assert.equal(await isFilled('ext4', volume, size), false);
      await resizeFileSystem({ type: 'ext4', volume, size, mountIn: directory, signal: undefined });
      assert.equal(await isFilled('ext4', volume, size), true);
      assert.equal(statSync(path).size, size);
    }
  });
});
