import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loopFileSystem, whyNoLoopFileSystem } from '../../tests/support/loop-file-system.js';
import { createSubvolume, GroupSync, snapshotSubvolume } from '../linux/index.js';
import { measureSubvolume } from './btrfs-usage.js';

const goOn = () => false;

describe('measureSubvolume', { skip: whyNoLoopFileSystem('btrfs') }, () => {
  it('counts what a subvolume holds that the one it was made of does not', async () => {
    await using fileSystem = await loopFileSystem({ type: 'btrfs' });
    const directory = fileSystem.path;
    const sync = () => new GroupSync(directory).sync();
    const [one, two] = [join(directory, 'one'), join(directory, 'two')];
    await createSubvolume(directory, 'one');
    writeFileSync(join(one, 'large'), Buffer.alloc(2 ** 20, 7));
    writeFileSync(join(one, 'small'), 'x');
    await sync();
    assert.deepEqual(measureSubvolume({ path: one }, goOn), { size: 2 ** 20 + 4096, inodes: 3 });
    await snapshotSubvolume({ source: one, directory, name: 'two' });
    await sync();
    assert.deepEqual(measureSubvolume({ path: two }, goOn), { size: 0, inodes: 0 });
    writeFileSync(join(two, 'new'), Buffer.alloc(8192, 7));
    await sync();
    assert.deepEqual(measureSubvolume({ path: two }, goOn), { size: 8192, inodes: 1 });
    assert.equal(
      measureSubvolume({ path: two }, () => true),
      undefined,
    );
  });
});
