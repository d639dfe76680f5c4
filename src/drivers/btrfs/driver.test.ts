import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DataLossError, FailedPreconditionError, InternalError } from '../../errors/index.js';
import { createSubvolume, isSubvolume, setReadOnly, temporaryMount, withSubvolume } from '../../linux/index.js';
import { type DriverSnapshot, type Mount, noContext } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import {
  fileSystem,
  layerOf,
  MIB,
  onDisk,
  open,
  openSnapshotter,
  pathOf,
  skip,
  snapshot,
  subvolumes,
} from './driver.test.rig.js';
import { openBtrfsDriver } from './index.js';

if (skip === false) {
  testSnapshotter('btrfs', {
    open: openSnapshotter,
    mount: (mounts: readonly Mount[]) => temporaryMount(mounts),
  });
}

describe('the btrfs driver', { skip }, () => {
  it('mounts subvolumes of its file system', async (t) => {
    const driver = await open(t);
    const inside = `/${driver.root.slice(fileSystem.path.length + 1)}`;
    const cases: readonly [Partial<DriverSnapshot>, readonly string[]][] = [
      [{}, [`subvol=${inside}/active/9`]],
      [{ parentIds: ['4', '2'] }, [`subvol=${inside}/active/9`]],
      [{ kind: 'view' }, [`subvol=${inside}/view/9`, 'ro']],
      [{ kind: 'view', parentIds: ['4', '2'] }, [`subvol=${inside}/snapshots/4`, 'ro']],
    ];
    for (const [of, options] of cases) {
      assert.deepEqual(driver.mounts(snapshot(of)), [
        { type: 'btrfs', source: fileSystem.device, target: '', options },
      ]);
    }
    assert.throws(() => driver.mounts(snapshot({ kind: 'committed' })), FailedPreconditionError);
  });

  it('makes the mode of a new root exact, whatever the umask', async (t) => {
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const modes = [driver.root, join(driver.root, 'active'), pathOf(driver, '1')];
    assert.deepEqual(
      await Promise.all(modes.map(async (path) => (await stat(path)).mode & 0o7777)),
      [0o700, 0o700, 0o755],
    );
  });

  it('lets nobody change a layer, not even through a file that was open when it was committed', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await writeFile(join(pathOf(driver, '1'), 'file'), 'layer');
    const fd = openSync(join(pathOf(driver, '1'), 'file'), 'r+');
    t.after(() => closeSync(fd));
    await driver.seal(snapshot({ id: '1' }), noContext);
    writeSync(fd, 'late!');
    await driver.committed?.(['1'], noContext);
    await assert.rejects(writeFile(join(layerOf(driver, '1'), 'file'), 'no'), { code: 'EROFS' });
    await driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    await writeFile(join(pathOf(driver, '2'), 'file'), 'child');
    assert.equal(await readFile(join(layerOf(driver, '1'), 'file'), 'utf8'), 'layer');
    assert.deepEqual(readdirSync(join(driver.root, 'active')), ['2']);
  });

  it('keeps an active snapshot as it is when its commit is not recorded, and takes it as it is the next time', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const file = join(pathOf(driver, '1'), 'file');
    await writeFile(file, 'first');
    await driver.seal(snapshot({ id: '1' }), noContext);
    await writeFile(file, 'second');
    await driver.seal(snapshot({ id: '1' }), noContext);
    assert.equal(await readFile(join(layerOf(driver, '1'), 'file'), 'utf8'), 'second');
    assert.deepEqual(await onDisk(driver), ['1']);
    // What this process made may be about to be recorded; what an earlier one left is not.
    await driver.recreate?.(snapshot({ id: '1' }), noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
    const next = await openBtrfsDriver({ root: driver.root });
    await next.recreate?.(snapshot({ id: '1' }), noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
    await driver.discard(['1'], noContext);
    assert.deepEqual(await onDisk(driver), []);
  });

  it('counts what a snapshot holds itself, once', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const base = pathOf(driver, '1');
    await writeFile(join(base, 'big'), Buffer.alloc(8 * MIB, 1));
    await mkdir(join(base, 'directory'));
    await writeFile(join(base, 'small'), 'small');
    execFileSync('cp', ['--reflink=always', join(base, 'big'), join(base, 'shared')]);
    execFileSync('truncate', ['--size=1G', join(base, 'sparse')]);
    assert.deepEqual(await driver.seal(snapshot({ id: '1' }), noContext), { size: 8 * MIB + 4096, inodes: 6 });

    const child = snapshot({ id: '2', parentIds: ['1'] });
    await driver.create(child, noContext);
    assert.deepEqual(await driver.usage(child, noContext), { size: 0, inodes: 0 });
    const path = pathOf(driver, '2');
    // A block in the middle of a large file takes a block, not the file.
    const fd = openSync(join(path, 'big'), 'r+');
    writeSync(fd, Buffer.alloc(4096, 2), 0, 4096, 4 * MIB);
    closeSync(fd);
    await writeFile(join(path, 'new'), Buffer.alloc(MIB, 3));
    await rm(join(path, 'small'));
    execFileSync('cp', ['--reflink=always', join(path, 'shared'), join(path, 'copy')]);
    assert.deepEqual(await driver.usage(child, noContext), { size: MIB + 4096, inodes: 2 });
    assert.deepEqual(await driver.usage(snapshot({ id: '3', kind: 'view', parentIds: ['1'] }), noContext), {
      size: 0,
      inodes: 0,
    });
  });

  it('makes nothing twice, and nothing over what is gone', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await assert.rejects(driver.create(snapshot({ id: '1' }), noContext), InternalError);
    await assert.rejects(driver.create(snapshot({ id: '3', parentIds: ['2'] }), noContext), DataLossError);
    await assert.rejects(driver.create(snapshot({ id: '4' }), { signal: AbortSignal.abort() }));
    assert.deepEqual(await onDisk(driver), ['1']);
  });

  it('deletes what a container made inside: subvolumes in subvolumes, read-only ones, and what is no subvolume', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const top = pathOf(driver, '1');
    await mkdir(join(top, 'docker'));
    await createSubvolume(join(top, 'docker'), 'outer');
    await mkdir(join(top, 'docker/outer/deep'));
    await createSubvolume(join(top, 'docker/outer/deep'), 'inner');
    await writeFile(join(top, 'docker/outer/deep/inner/file'), 'x');
    await withSubvolume(join(top, 'docker/outer'), (fd) => setReadOnly(fd, true));
    await mkdir(pathOf(driver, 'stray'));
    await writeFile(pathOf(driver, 'file'), '');
    await driver.discard(['1', 'stray', 'file', 'never'], noContext);
    await driver.discard(['1'], noContext);
    assert.deepEqual(await onDisk(driver), []);
    assert.doesNotMatch(subvolumes(), /inner|outer/);
  });

  it('deletes what a container protected: layers, subvolumes in protected directories', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await writeFile(join(pathOf(driver, '1'), 'file'), 'x');
    execFileSync('chattr', ['+i', join(pathOf(driver, '1'), 'file'), pathOf(driver, '1')]);
    await driver.seal(snapshot({ id: '1' }), noContext);
    await driver.committed?.(['1'], noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'active')), []);

    await driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    const top = pathOf(driver, '2');
    assert.throws(() => writeFileSync(join(top, 'new'), ''), { code: 'EPERM' });
    execFileSync('chattr', ['-i', top]);
    await mkdir(join(top, 'docker'));
    await createSubvolume(join(top, 'docker'), 'outer');
    await createSubvolume(join(top, 'docker/outer'), 'inner');
    for (const each of ['docker/outer/inner', 'docker/outer', 'docker', '']) {
      execFileSync('chattr', ['+a', join(top, each)]);
    }
    await withSubvolume(join(top, 'docker/outer'), (fd) => setReadOnly(fd, true));
    await driver.discard(['2', '1'], noContext);
    assert.deepEqual(await onDisk(driver), []);
    assert.doesNotMatch(subvolumes(), /inner|outer/);
  });

  it('refuses to commit what its children would not show', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await createSubvolume(pathOf(driver, '1'), 'own');
    await assert.rejects(driver.seal(snapshot({ id: '1' }), noContext), {
      name: 'FailedPreconditionError',
      message: /the snapshot holds a btrfs subvolume named "own", which would be empty in the layer/,
    });
    assert.ok(isSubvolume(join(pathOf(driver, '1'), 'own')));
  });
});
