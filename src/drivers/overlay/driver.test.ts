import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DataLossError, FailedPreconditionError, InternalError, InvalidArgumentError } from '../../errors/index.js';
import { labelsOf, noContext, parentChainLabel } from '../../snapshots/index.js';
import { facts, maps, open, snapshot } from './driver.test.rig.js';
import { openOverlayDriver } from './index.js';

describe('overlay driver', () => {
  const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

  it('makes directories with exact modes, preallocated or not, whatever the umask', async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    for (const readyDirectories of [0, 4]) {
      const driver = await open(t, { readyDirectories });
      await driver.create(snapshot({ id: '1' }), noContext);
      await driver.create(snapshot({ id: '2', kind: 'view' }), noContext);
      const place = join(driver.root, 'snapshots');
      assert.deepEqual([driver.root, place, join(place, '1')].map(modeOf), [0o700, 0o700, 0o700]);
      assert.deepEqual([modeOf(join(place, '1/fs')), modeOf(join(place, '1/work'))], [0o755, 0o711]);
      assert.deepEqual(readdirSync(join(place, '2')), ['fs']);
    }
  });

  it('keeps an empty directory for layers without their parents, exact whatever the umask and an earlier mode', async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const first = await open(t);
    const path = join(first.root, 'empty');
    assert.equal(modeOf(path), 0o755);
    chmodSync(path, 0o700);
    await using again = await openOverlayDriver({ root: first.root, facts });
    assert.equal(modeOf(path), 0o755);
    const labels = labelsOf({ [parentChainLabel]: 'sha256:0a1b' });
    const [mount] = again.mounts(snapshot({ labels }));
    assert.equal(mount?.type, 'overlay');
    const [work, upper] = ['work', 'fs'].map((name) => join(first.root, 'snapshots/9', name));
    assert.deepEqual(mount?.options, [`workdir=${work}`, `upperdir=${upper}`, `lowerdir=${path}`, 'index=off']);
  });

  it('refuses an id that is there, and touches nothing of it', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await assert.rejects(driver.create(snapshot({ id: '1' }), noContext), InternalError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots/1')).sort(), ['fs', 'work']);
  });

  it('says when the files of a parent are gone, and leaves nothing', async (t) => {
    const driver = await open(t);
    await assert.rejects(driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext), (error) => {
      assert.ok(error instanceof DataLossError);
      assert.match(error.message, /failed to stat parent: the files of snapshot 1 are gone/);
      return true;
    });
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('takes the owner from the id maps, else from the parent', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async (t) => {
    const driver = await open(t, { facts: { mountsWithMappedIds: async () => false } });
    const ownerOf = (id: string): number[] => {
      const { uid, gid } = lstatSync(join(driver.root, 'snapshots', id, 'fs'));
      return [uid, gid];
    };
    await driver.create(snapshot({ id: '1', labels: maps }), noContext);
    await driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    const onlyUsers = labelsOf({ 'containerd.io/snapshot/uidmapping': '5:7:1,0:3000:5' });
    await driver.create(snapshot({ id: '3', parentIds: ['1'], labels: onlyUsers }), noContext);
    await driver.create(snapshot({ id: '4' }), noContext);
    assert.deepEqual(['1', '2', '3', '4'].map(ownerOf), [
      [1000, 2000],
      [1000, 2000],
      [3000, 0],
      [0, 0],
    ]);
  });

  it('leaves the owner of a snapshot without parents to its mount, where that maps both', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async (t) => {
    const driver = await open(t);
    const uidOf = (id: string): number => lstatSync(join(driver.root, 'snapshots', id, 'fs')).uid;
    await driver.create(snapshot({ id: '1', labels: maps }), noContext);
    const onlyUsers = labelsOf({ 'containerd.io/snapshot/uidmapping': '0:3000:5' });
    await driver.create(snapshot({ id: '2', labels: onlyUsers }), noContext);
    await driver.create(snapshot({ id: '3', parentIds: ['1'], labels: maps }), noContext);
    // An overlay from the start, whose upper directory is not mapped.
    const awaiting = new Map([...maps, [parentChainLabel, 'sha256:0a1b']]);
    await driver.create(snapshot({ id: '4', labels: awaiting }), noContext);
    assert.deepEqual(['1', '2', '3', '4'].map(uidOf), [0, 3000, 1000, 1000]);
  });

  it('refuses maps that are malformed or leave out the root', async (t) => {
    const driver = await open(t);
    const create = (map: string) =>
      driver.create(snapshot({ labels: labelsOf({ 'containerd.io/snapshot/uidmapping': map }) }), noContext);
    for (const map of ['0:0', 'a:b:c', '0:0:1:2', '0:4294967295:1', '-1:0:1', '']) {
      await assert.rejects(create(map), InvalidArgumentError, map);
    }
    await assert.rejects(create('1:1000:10'), { message: /container ID 0 cannot be mapped to a host ID/ });
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('discards what there is, is content with what is not, and never leaves its place', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    mkdirSync(join(driver.root, 'snapshots/new-leftover'));
    const found: string[] = [];
    for await (const name of driver.ids()) found.push(name);
    assert.deepEqual(found.sort(), ['1', 'new-leftover']);
    await assert.rejects(driver.discard(['../ready'], noContext), InvalidArgumentError);
    await driver.discard(['1', 'new-leftover', 'never'], noContext);
    await driver.discard(['1'], noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('shows the path of its files when it is asked to', async (t) => {
    const silent = await open(t);
    assert.equal(silent.shownLabels?.({ id: '1', kind: 'active' }), undefined);
    const driver = await open(t, { upperdirLabel: true });
    const path = join(driver.root, 'snapshots/1/fs');
    assert.deepEqual(
      driver.shownLabels?.({ id: '1', kind: 'active' }),
      labelsOf({ 'containerd.io/snapshot/overlay.upperdir': path }),
    );
  });

  it('refuses a file system that does not tell the types of entries', async (t) => {
    await assert.rejects(open(t, { facts: { supportsDirectoryTypes: () => false } }), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(
        error.message,
        /does not support d_type\. If the backing filesystem is xfs, please reformat with ftype=1/,
      );
      return true;
    });
  });

  it('refuses roots and options that cannot work', async () => {
    for (const root of ['relative', '/a:b', '/a,b']) {
      await assert.rejects(openOverlayDriver({ root, facts }), InvalidArgumentError, root);
    }
    for (const option of ['', 'lowerdir=/x', 'upperdir=/x']) {
      await assert.rejects(
        openOverlayDriver({ root: '/nowhere', mountOptions: [option], facts }),
        InvalidArgumentError,
      );
    }
  });
});
