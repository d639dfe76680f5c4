import assert from 'node:assert/strict';
import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { quotaIsOn } from './btrfs-quota.js';
import { ITEM, LAST, searchTree } from './btrfs-search.js';
import {
  BTRFS_MAGIC,
  createSubvolume,
  deleteSubvolumes,
  isSubvolume,
  nestedSubvolumes,
  setReadOnly,
  snapshotSubvolume,
  subvolumeInfo,
  withSubvolume,
  withSubvolumeNow,
} from './btrfs-subvolume.js';

describe('subvolumes of btrfs', { skip: whyNoLoopFileSystem('btrfs') }, () => {
  it('are made, copied, locked, found and deleted', async () => {
    await using fileSystem = await loopFileSystem({ type: 'btrfs' });
    const directory = fileSystem.path;
    assert.equal(statfsSync(directory).type >>> 0, BTRFS_MAGIC);
    await createSubvolume(directory, 'one');
    await assert.rejects(createSubvolume(directory, 'one'), { code: 'EEXIST' });
    const [one, two] = [join(directory, 'one'), join(directory, 'two')];
    writeFileSync(join(one, 'file'), 'content');
    await createSubvolume(one, 'inner');
    await snapshotSubvolume({ source: one, directory, name: 'two', readOnly: true });
    assert.equal(readFileSync(join(two, 'file'), 'utf8'), 'content');
    assert.throws(() => writeFileSync(join(two, 'file'), ''), { code: 'EROFS' });
    assert.deepEqual([isSubvolume(one), isSubvolume(join(two, 'inner'))], [true, false]);

    const [oneInfo, twoInfo] = [one, two].map((path) => withSubvolumeNow(path, subvolumeInfo));
    assert.equal(twoInfo?.parentUuid, oneInfo?.uuid);
    assert.deepEqual([oneInfo?.readOnly, twoInfo?.readOnly, twoInfo?.isSnapshot], [false, true, true]);
    withSubvolumeNow(two, (fd) => setReadOnly(fd, false));
    writeFileSync(join(two, 'file'), 'changed');

    await withSubvolume(directory, async (fd) => {
      assert.equal(quotaIsOn(fd), false);
      assert.equal(nestedSubvolumes(fd, oneInfo?.id ?? 0n).length, 1);
      const search = {
        tree: twoInfo?.id ?? 0n,
        from: { object: 256n, type: 0, offset: 0n },
        to: { object: LAST, type: ITEM.EXTENT_DATA, offset: LAST },
      };
      const inodes = [...searchTree(fd, search)].filter(({ type }) => type === ITEM.INODE).length;
      assert.ok(inodes >= 1);
      assert.equal((await deleteSubvolumes(fd, oneInfo?.id ?? 0n)).length, 2);
      await deleteSubvolumes(fd, oneInfo?.id ?? 0n);
    });
    assert.throws(() => isSubvolume(one), { code: 'ENOENT' });
    assert.throws(() => withSubvolumeNow(join(two, 'inner'), () => undefined), { code: 'EINVAL' });
  });
});
