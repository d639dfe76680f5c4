import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type LoopFileSystem, loopFileSystem } from '../../../tests/support/loop-file-system.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { until } from '../../../tests/support/until.js';
import { CanceledError, DataLossError, InternalError } from '../../errors/index.js';
import { mountAll, temporaryMount, unmountAll, writableLoopDevices } from '../../linux/index.js';
import { LocalSnapshotter, type Mount, noContext, SnapshotService } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { imageOf, MIB, open, skip, snapshot, within } from './driver.test.rig.js';
import { openBlockfileDriver } from './index.js';

const GIB = 2 ** 30;

let xfs: LoopFileSystem;
before(async () => {
  if (skip === false) xfs = await loopFileSystem({ type: 'xfs', size: 2 * GIB });
});
after(() => xfs?.[Symbol.asyncDispose]());

const grounds = [
  { name: 'ext4 images on the disk', fsType: 'ext4', place: () => tmpdir() },
  { name: 'xfs images on the disk', fsType: 'xfs', place: () => tmpdir() },
  { name: 'ext4 images on xfs', fsType: 'ext4', place: () => xfs.path },
] as const;

for (const { name, fsType, place } of grounds) {
  describe(name, { skip }, () => {
    testSnapshotter('blockfile', {
      open: async (t) => {
        const driver = await open(t, { place: place(), fsType });
        const { store, ...closing } = await temporaryStore();
        t.after(() => closing[Symbol.asyncDispose]());
        return {
          snapshotter: new SnapshotService(await LocalSnapshotter.open({ name: 'blockfile', store, driver })),
        };
      },
      mount: (mounts: readonly Mount[]) => temporaryMount(mounts),
    });
  });
}

describe('blockfile driver', { skip }, () => {
  it('makes nothing but directories until it is used', async (t) => {
    const driver = await open(t);
    assert.deepEqual(readdirSync(driver.root), ['snapshots']);
    await Promise.all(['1', '2', '3'].map((id) => driver.create(snapshot({ id }), noContext)));
    assert.deepEqual(readdirSync(driver.root).sort(), ['scratch', 'snapshots']);
    assert.deepEqual(await within(driver, snapshot({ id: '1' }), (root) => readdirSync(root)), []);
  });

  it('has everything in the image when it is sealed, mounted or not', async (t) => {
    const driver = await open(t);
    const [one, two] = [snapshot({ id: '1' }), snapshot({ id: '2', parentIds: ['1'] })];
    await driver.create(one, noContext);
    await within(driver, one, async (root) => {
      writeFileSync(join(root, 'file'), 'content');
      await assert.rejects(driver.seal(one, { signal: AbortSignal.abort() }), CanceledError);
      await driver.seal(one, noContext);
      await driver.create(two, noContext);
      assert.equal(await within(driver, two, (child) => readFileSync(join(child, 'file'), 'utf8')), 'content');
    });
    await driver.seal(two, noContext);
    const view = snapshot({ kind: 'view', parentIds: ['1'] });
    assert.equal(await within(driver, view, (seen) => readFileSync(join(seen, 'file'), 'utf8')), 'content');
    await until('nobody can write to the image', () => writableLoopDevices(imageOf(driver, '1')).length === 0);
  });

  it('is one file system to all who mount it, and in its file list when it is sealed meanwhile', async (t) => {
    const driver = await open(t, { fileList: true });
    const one = snapshot({ id: '1' });
    await driver.create(one, noContext);
    const view = snapshot({ id: '3', kind: 'view', parentIds: ['1'] });
    await within(driver, one, async (first) => {
      writeFileSync(join(first, 'first'), '1');
      await within(driver, one, (second) => {
        assert.deepEqual(readdirSync(second), ['first']);
        writeFileSync(join(second, 'second'), '2');
      });
      assert.deepEqual(readdirSync(first).sort(), ['first', 'second']);
      await driver.seal(one, noContext);
      assert.deepEqual(await within(driver, view, (root) => readdirSync(root).sort()), ['first', 'second']);
    });
    const list = readFileSync(join(driver.root, 'file-lists/1'), 'utf8');
    for (const name of ['first', 'second']) assert.match(list, new RegExp(`"path":"${name}"`));
    assert.deepEqual(await within(driver, view, (root) => readdirSync(root).sort()), ['first', 'second']);
  });

  it('measures what is written and not yet in the image', async (t) => {
    const driver = await open(t);
    const one = snapshot({ id: '1' });
    await driver.create(one, noContext);
    const before = await driver.usage(one, noContext);
    await within(driver, one, async (root) => {
      writeFileSync(join(root, 'file'), Buffer.alloc(8 * MIB, 1));
      const { size, inodes } = await driver.usage(one, noContext);
      assert.ok(size >= before.size + 8 * MIB, `${size} is not 8 MiB more than ${before.size}`);
      assert.equal(inodes, 1);
    });
  });

  it('counts for a child what it alone has, and never less than nothing', async (t) => {
    const driver = await open(t, { place: xfs.path });
    const one = snapshot({ id: '1' });
    await driver.create(one, noContext);
    await within(driver, one, (root) => writeFileSync(join(root, 'file'), Buffer.alloc(32 * MIB, 1)));
    assert.ok((await driver.seal(one, noContext)).size >= 32 * MIB);
    const two = snapshot({ id: '2', parentIds: ['1'] });
    await driver.create(two, noContext);
    const { size } = await driver.usage(two, noContext);
    assert.ok(size >= 0 && size < 16 * MIB, `${size}`);
    assert.deepEqual(await driver.usage(snapshot({ id: '3', kind: 'view', parentIds: ['1'] }), noContext), {
      size: 0,
      inodes: 0,
    });
  });

  it('refuses an id that is there, and says when the image of a parent is gone', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await assert.rejects(driver.create(snapshot({ id: '1' }), noContext), InternalError);
    assert.ok(existsSync(imageOf(driver, '1')));
    for (const kind of ['active', 'view'] as const) {
      await assert.rejects(driver.create(snapshot({ id: '2', kind, parentIds: ['5'] }), noContext), DataLossError);
    }
    await assert.rejects(driver.create(snapshot({ id: '3' }), { signal: AbortSignal.abort() }), CanceledError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
  });

  it('has exact modes, whatever the umask', async (t) => {
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    await driver.create(snapshot({ id: '2', limits: { bytes: 32 * MIB } }), noContext);
    const paths = [driver.root, join(driver.root, 'snapshots'), imageOf(driver, '1'), imageOf(driver, '2')];
    assert.deepEqual(
      paths.map((path) => lstatSync(path).mode & 0o7777),
      [0o700, 0o700, 0o644, 0o644],
    );
  });

  it('discards what there is, and finds leftovers', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    writeFileSync(imageOf(driver, 'new-leftover'), '');
    const found: string[] = [];
    for await (const name of driver.ids()) found.push(name);
    assert.deepEqual(found.sort(), ['1', 'new-leftover']);
    await driver.discard(['1', 'new-leftover', 'never'], noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('unmounts and removes what a crash left', async (t) => {
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const place = join(driver.root, 'mounts/strata-mount-x');
    mkdirSync(place, { recursive: true });
    t.after(() => unmountAll(place, { detach: true }));
    await mountAll(driver.mounts(snapshot({ id: '1' })), place);
    writeFileSync(join(driver.root, 'scratch.new'), 'half');
    rmSync(join(driver.root, 'scratch'));
    const again = await openBlockfileDriver({ root: driver.root, defaultSize: 16 * MIB });
    assert.deepEqual(readdirSync(join(driver.root, 'mounts')), []);
    await again.create(snapshot({ id: '2' }), noContext);
    assert.deepEqual(readdirSync(driver.root).sort(), ['mounts', 'scratch', 'snapshots']);
  });
});
