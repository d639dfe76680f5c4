import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loopFileSystem, whyNoLoopFileSystem } from '../../tests/support/loop-file-system.js';
import { GroupSync } from '../linux/index.js';
import { copyFile } from './copy/copy.js';
import { diskUsage } from './disk-usage.js';
import { canShareBlocks, sharedBytes, triesSharingBlocks } from './shared-extents.js';

describe('shared blocks', { skip: whyNoLoopFileSystem('xfs', 'ext4') }, () => {
  it('are those that a copy has from what it was made of', async () => {
    await using fileSystem = await loopFileSystem({ type: 'xfs' });
    const [from, to] = [join(fileSystem.path, 'from'), join(fileSystem.path, 'to')];
    const size = 2 ** 20;
    writeFileSync(from, Buffer.alloc(size, 7));
    await new GroupSync(fileSystem.path).sync();
    assert.equal(canShareBlocks(from), true);
    mkdirSync(join(fileSystem.path, 'trial'));
    assert.equal(triesSharingBlocks(join(fileSystem.path, 'trial')), true);
    assert.equal(sharedBytes(Buffer.from(from)), 0);
    await copyFile({ from, to, mode: 0o600 });
    for (const each of [from, to]) assert.equal(sharedBytes(Buffer.from(each)), size);
    assert.equal((await diskUsage(to, { withoutShared: true })).size, 0);
    assert.equal((await diskUsage(to)).size, size);
  });

  it('are none where a file system has no such thing', async () => {
    await using fileSystem = await loopFileSystem({ type: 'ext4' });
    const file = join(fileSystem.path, 'file');
    writeFileSync(file, 'x');
    assert.equal(canShareBlocks(file), false);
    mkdirSync(join(fileSystem.path, 'trial'));
    assert.equal(triesSharingBlocks(join(fileSystem.path, 'trial')), false);
    assert.equal(sharedBytes(Buffer.from(file)), 0);
    assert.throws(() => sharedBytes(Buffer.from(`${file}.missing`)), { code: 'ENOENT' });
  });
});
