import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { openBtrfsDriver } from './index.js';

describe('a root for btrfs', () => {
  it('refuses other file systems, and leaves nothing there', async (t) => {
    const root = join(mkdtempSync(join(tmpdir(), 'strata-btrfs-')), 'root');
    t.after(() => rm(join(root, '..'), { recursive: true }));
    await assert.rejects(openBtrfsDriver({ root }), {
      name: 'FailedPreconditionError',
      message:
        /^failed to prepare .*: path .*root \(\w+\) must be a btrfs filesystem to be used with the btrfs snapshotter/,
    });
    assert.ok(!existsSync(root));
    for (const bad of ['relative', '/a,b']) await assert.rejects(openBtrfsDriver({ root: bad }), InvalidArgumentError);
  });
});
