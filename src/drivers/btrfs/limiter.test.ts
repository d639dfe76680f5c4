import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loopFileSystem } from '../../../tests/support/loop-file-system.js';
import { NotFoundError } from '../../errors/index.js';
import { temporaryMount, withSubvolume } from '../../linux/index.js';
import { labelsOf, maxSizeLabel, noContext } from '../../snapshots/index.js';
import { fileSystem, MIB, open, openSnapshotter, pathOf, skip, snapshot } from './driver.test.rig.js';

describe('limits on btrfs', { skip }, () => {
  it('are refused while quota is off', async (t) => {
    const own = await loopFileSystem({ type: 'btrfs' });
    const driver = await open(t, join(own.path, 'root'));
    t.after(() => own[Symbol.asyncDispose]());
    assert.deepEqual(driver.limiter?.support(), {
      bytes: false,
      inodes: false,
      reason: `quota is off on the btrfs of ${driver.root}; "btrfs quota enable ${driver.root}" switches it on`,
    });
    await assert.rejects(async () => driver.limiter?.set(snapshot({ id: '1' }), {}, noContext), NotFoundError);
  });

  it('stop writes through every mount, harm nobody else, and can be changed while in use', async (t) => {
    execFileSync('btrfs', ['quota', 'enable', fileSystem.path]);
    const { snapshotter } = await openSnapshotter(t);
    await using base = await temporaryMount(await snapshotter.prepare({ key: 'base' }));
    await writeFile(join(base.path, 'below'), Buffer.alloc(32 * MIB, 1));
    await snapshotter.commit({ key: 'base', name: 'layer' });
    const labels = labelsOf({ [maxSizeLabel]: '16M' });
    await using limited = await temporaryMount(await snapshotter.prepare({ key: 'limited', parent: 'layer', labels }));
    await using bound = await temporaryMount([
      { type: 'bind', source: limited.path, target: '', options: ['rbind', 'rw'] },
    ]);
    const fill = (path: string) => writeFile(path, Buffer.alloc(24 * MIB, 2), { flush: true });
    await assert.rejects(fill(join(bound.path, 'too much')), { errno: -system.errno.EDQUOT });
    await rm(join(bound.path, 'too much'));
    await writeFile(join(bound.path, 'below'), 'still works', { flush: true });
    await using other = await temporaryMount(await snapshotter.prepare({ key: 'other', parent: 'layer' }));
    await fill(join(other.path, 'fits'));

    const fieldpaths = [`labels.${maxSizeLabel}`];
    await snapshotter.update({ name: 'limited', labels: labelsOf({ [maxSizeLabel]: '64M' }), fieldpaths });
    await fill(join(bound.path, 'fits now'));
    await snapshotter.update({ name: 'limited', labels: labelsOf({ [maxSizeLabel]: 'none' }), fieldpaths });
    await writeFile(join(bound.path, 'much'), Buffer.alloc(80 * MIB, 2), { flush: true });
  });

  it('leave no quota group behind', async (t) => {
    execFileSync('btrfs', ['quota', 'enable', fileSystem.path]);
    const driver = await open(t);
    await driver.create(snapshot({ id: '1', limits: { bytes: MIB } }), noContext);
    const id = await withSubvolume(pathOf(driver, '1'), (_fd, info) => info.id);
    const groups = () => execFileSync('btrfs', ['qgroup', 'show', fileSystem.path], { encoding: 'utf8' });
    assert.match(groups(), new RegExp(`^0/${id}\\s`, 'm'));
    await driver.discard(['1'], noContext);
    execFileSync('btrfs', ['subvolume', 'sync', fileSystem.path]);
    assert.doesNotMatch(groups(), new RegExp(`^0/${id}\\s`, 'm'));
  });
});
