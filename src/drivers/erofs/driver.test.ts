import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mountsBelow, newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { CanceledError, UnavailableError } from '../../errors/index.js';
import { setAttribute, temporaryMount, unmountAll } from '../../linux/index.js';
import { labelsOf, noContext, parentChainLabel } from '../../snapshots/index.js';
import { inSnapshot, layer, look, MIB, open, snapshot } from './driver.test.rig.js';
import { triesImmutable } from './trial.js';

describe('erofs layers', { skip: whyNoErofs() }, () => {
  it('keep what files are, whiteouts and opaque directories', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    const of = { id: '2', parentIds: ['1'] };
    await driver.create(snapshot(of), noContext);
    const upper = join(driver.root, 'snapshots/2/fs');
    {
      await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
      rmSync(join(mounted.path, 'file-1'));
      mkdirSync(join(mounted.path, 'directory'));
      writeFileSync(join(mounted.path, 'directory/file'), Buffer.alloc(3 * MIB, 7));
      linkSync(join(mounted.path, 'directory/file'), join(mounted.path, 'linked'));
      symlinkSync('linked', join(mounted.path, 'symbolic'));
      chownSync(join(mounted.path, 'linked'), 70_000, 80_000);
      chmodSync(join(mounted.path, 'linked'), 0o4755);
      utimesSync(join(mounted.path, 'linked'), 1, 915_152_523.5);
      setAttribute(join(mounted.path, 'linked'), 'trusted.strata', Buffer.from('kept'));
    }
    setAttribute(join(upper, 'directory'), 'trusted.overlay.opaque', Buffer.from('y'));
    assert.deepEqual(await driver.seal(snapshot(of), noContext), {
      size: lstatSync(join(upper, '../layer.erofs')).blocks * 512,
      inodes: 1,
    });
    await driver.committed?.(['2'], noContext);
    assert.deepEqual(inSnapshot(driver, '2'), ['layer.erofs']);
    const view = { id: '3', kind: 'view', parentIds: ['2', '1'] } as const;
    await driver.create(snapshot(view), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot(view)));
    assert.deepEqual(readdirSync(mounted.path).sort(), ['directory', 'linked', 'symbolic']);
    assert.equal(readlinkSync(join(mounted.path, 'symbolic')), 'linked');
    const stats = lstatSync(join(mounted.path, 'linked'));
    assert.deepEqual(
      [stats.mode & 0o7777, stats.uid, stats.gid, stats.nlink, stats.mtimeMs, stats.size],
      [0o4755, 70_000, 80_000, 2, 915_152_523_500, 3 * MIB],
    );
    const whiteout = lstatSync(join(driver.root, 'snapshots/2/layer/file-1'));
    assert.ok(whiteout.isCharacterDevice() && whiteout.rdev === 0);
  });

  it('can be written to again when their commit is refused, and are packed again', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const file = (name: string) => join(driver.root, 'snapshots/1/fs', name);
    writeFileSync(file('first'), '');
    await driver.seal(snapshot({ id: '1' }), noContext);
    writeFileSync(file('second'), '');
    assert.deepEqual(await look(driver, { id: '1' }), ['first', 'second']);
    await driver.seal(snapshot({ id: '1' }), noContext);
    await driver.committed?.(['1'], noContext);
    const view = { id: '2', kind: 'view', parentIds: ['1'] } as const;
    await driver.create(snapshot(view), noContext);
    assert.deepEqual(await look(driver, view), ['first', 'second']);
  });

  it('are not made when the call is aborted, and nothing is left of it', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    writeFileSync(join(driver.root, 'snapshots/1/fs/large'), Buffer.alloc(64 * MIB, 1));
    const abort = new AbortController();
    const sealing = driver.seal(snapshot({ id: '1' }), { signal: abort.signal });
    setTimeout(() => abort.abort(), 10);
    await assert.rejects(sealing, CanceledError);
    assert.deepEqual(inSnapshot(driver, '1'), ['fs', 'work']);
  });

  it('cannot be changed by root when they are immutable, where files can be, and can be discarded', async (t) => {
    const root = newRoot(t);
    mkdirSync(root);
    const problem = await triesImmutable(root).catch(String);
    if (problem !== undefined) {
      await assert.rejects(open(t, { setImmutable: true }, root), /the immutable flag is not supported/);
      return;
    }
    const driver = await open(t, { setImmutable: true }, root);
    await layer(driver, { id: '1' });
    assert.throws(() => writeFileSync(join(driver.root, 'snapshots/1/layer.erofs'), ''), { code: 'EPERM' });
    await driver.discard(['1'], noContext);
    assert.equal(existsSync(join(driver.root, 'snapshots/1')), false);
  });

  it('have the owner that id maps ask for, else that of the layer below', async (t) => {
    const driver = await open(t, { facts: { mountsWithMappedIds: async () => true } });
    const labels = labelsOf({
      'containerd.io/snapshot/uidmapping': '0:1000:10',
      'containerd.io/snapshot/gidmapping': '0:2000:10',
    });
    const ownerOf = (id: string): number[] => {
      const { uid, gid } = lstatSync(join(driver.root, 'snapshots', id, 'fs'));
      return [uid, gid];
    };
    await driver.create(snapshot({ id: '1', labels }), noContext);
    chownSync(join(driver.root, 'snapshots/1/fs'), 7, 8);
    await driver.seal(snapshot({ id: '1', labels }), noContext);
    await driver.create(snapshot({ id: '2', parentIds: ['1'], labels }), noContext);
    await driver.create(snapshot({ id: '3', parentIds: ['1'] }), noContext);
    await driver.create(snapshot({ id: '4', labels }), noContext);
    const awaiting = new Map([...labels, [parentChainLabel, 'sha256:0a1b']]);
    await driver.create(snapshot({ id: '5', labels: awaiting }), noContext);
    // The fourth is mounted by itself, and its ids are mapped by that; the last is an overlay, whose upper directory is not mapped.
    assert.deepEqual(['2', '3', '4', '5'].map(ownerOf), [
      [1000, 2000],
      [7, 8],
      [0, 0],
      [1000, 2000],
    ]);
  });

  it('show the ids of a container where its maps ask for that', async (t) => {
    const driver = await open(t);
    const labels = labelsOf({
      'containerd.io/snapshot/uidmapping': '0:1000:10',
      'containerd.io/snapshot/gidmapping': '0:2000:10',
    });
    await layer(driver, { id: '1' });
    const of = { id: '2', parentIds: ['1'], labels };
    await driver.create(snapshot(of), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
    const { uid, gid } = lstatSync(join(mounted.path, 'file-1'));
    assert.deepEqual([uid, gid], driver.capabilities.names.includes('remap-ids') ? [1000, 2000] : [0, 0]);
  });
});

describe('an erofs driver that is opened again', { skip: whyNoErofs() }, () => {
  for (const defaultSize of [0, 32 * MIB]) {
    it(`mounts what a restart of the machine unmounted, with a default size of ${defaultSize}`, async (t) => {
      const root = newRoot(t);
      const before = await open(t, { defaultSize }, root);
      await layer(before, { id: '1' });
      await layer(before, { id: '2', parentIds: ['1'] });
      const active = snapshot({ id: '3', parentIds: ['2', '1'] });
      await before.create(active, noContext);
      await before.close();
      for (const point of mountsBelow(root).reverse()) await unmountAll(point);
      const recorded = [snapshot({ id: '1', kind: 'committed' }), snapshot({ id: '2', kind: 'committed' }), active];
      // As it is configured now says nothing about what was made before.
      const after = await open(t, { defaultSize: 0 }, root);
      await after.restore?.(recorded);
      assert.deepEqual(await look(after, active), ['file-1', 'file-2']);
    });
  }

  for (const defaultSize of [0, 32 * MIB]) {
    it(`makes again what a power cut took, with a default size of ${defaultSize}`, async (t) => {
      const root = newRoot(t);
      const before = await open(t, { defaultSize }, root);
      await layer(before, { id: '1' });
      await before.close();
      const after = await open(t, { defaultSize }, root);
      const lost = [
        snapshot({ id: '2', parentIds: ['1'] }),
        snapshot({ id: '3' }),
        snapshot({ id: '4', kind: 'view' }),
        snapshot({ id: '5', kind: 'view', parentIds: ['1'] }),
      ];
      await after.restore?.([snapshot({ id: '1', kind: 'committed' }), ...lost]);
      for (const each of lost) assert.equal(await after.recreate?.(each, noContext), true);
      for (const each of lost) assert.equal(await after.recreate?.(each, noContext), false);
      const shown = await Promise.all(lost.map((each) => look(after, each)));
      assert.deepEqual(shown, [['file-1'], [], [], ['file-1']]);
    });
  }

  it('unmounts layers on which nothing is based, and deletes what a commit left', async (t) => {
    const root = newRoot(t);
    const before = await open(t, {}, root);
    await layer(before, { id: '1' });
    await before.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    await before.seal(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    await before.close();
    const after = await open(t, {}, root);
    await after.restore?.([
      snapshot({ id: '1', kind: 'committed' }),
      snapshot({ id: '2', kind: 'committed', parentIds: ['1'] }),
    ]);
    await after.committed?.(['2'], noContext);
    assert.deepEqual(mountsBelow(root), []);
    assert.deepEqual(inSnapshot(after, '2'), ['layer.erofs']);
  });

  it('says of a snapshot that its layer is damaged, and serves the others', async (t) => {
    const root = newRoot(t);
    const before = await open(t, {}, root);
    await layer(before, { id: '1' });
    await layer(before, { id: '2' });
    const [damaged, whole] = [
      snapshot({ id: '3', kind: 'view', parentIds: ['1'] }),
      snapshot({ id: '4', kind: 'view', parentIds: ['2'] }),
    ];
    for (const each of [damaged, whole]) await before.create(each, noContext);
    for (const point of mountsBelow(root)) await unmountAll(point);
    writeFileSync(join(root, 'snapshots/1/layer.erofs'), 'no image');
    const reported: unknown[] = [];
    const after = await open(t, { onBackgroundError: (error) => reported.push(error) }, root);
    await after.restore?.([damaged, whole]);
    assert.equal(reported.length, 1);
    assert.throws(() => after.mounts(damaged), UnavailableError);
    assert.deepEqual(await look(after, whole), ['file-2']);
  });
});
