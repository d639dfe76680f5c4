/** What is special about thin devices. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { DataLossError } from '../../errors/index.js';
import { deviceMapper, temporaryMount } from '../../linux/index.js';
import type { LocalSnapshotter, Mount } from '../../snapshots/index.js';
import { newPlace, openAt, openRig, recordedDevices } from './driver.test.rig.js';
import { templateId } from './template.js';

const MIB = 2 ** 20;

async function write(mounts: readonly Mount[], text: string): Promise<void> {
  await using mounted = await temporaryMount(mounts);
  await writeFile(path.join(mounted.path, 'file'), text);
}

async function read(mounts: readonly Mount[]): Promise<string> {
  await using mounted = await temporaryMount(mounts);
  return await readFile(path.join(mounted.path, 'file'), 'utf8');
}

async function layer(snapshotter: LocalSnapshotter, name: string, text: string): Promise<void> {
  await write(await snapshotter.prepare({ key: `make ${name}` }), text);
  await snapshotter.commit({ key: `make ${name}`, name });
}

const devicesOf = async (pool: string) =>
  (await deviceMapper.list()).filter((name) => name.startsWith(`${pool}-snap-`));

describe('devmapper', { skip: noBreakableDisks() }, () => {
  for (const fileSystem of ['ext4', 'xfs', 'ext2'] as const) {
    it(`puts ${fileSystem} on its devices and says so`, async (t) => {
      // The least that mkfs.xfs makes.
      const { snapshotter } = await openRig(t, { fileSystem, baseImageSize: (fileSystem === 'xfs' ? 304 : 32) * MIB });
      await layer(snapshotter, 'base', 'text');
      const [mount] = await snapshotter.view({ key: 'view', parent: 'base' });
      assert.equal(mount?.type, fileSystem);
      assert.match(mount.source, /^\/dev\/mapper\/strata-test-.*-snap-\d+$/);
      assert.deepEqual(mount.options, fileSystem === 'xfs' ? ['nouuid', 'ro'] : ['ro']);
      assert.equal((await snapshotter.stat('base')).labels.get('containerd.io/snapshot/devmapper/fstype'), fileSystem);
      // Both at once, although they have the same UUID.
      await using _parent = await temporaryMount(await snapshotter.prepare({ key: 'child', parent: 'base' }));
      assert.equal(await read([mount]), 'text');
    });
  }

  it('begins a snapshot without a parent with an empty directory', async (t) => {
    const { snapshotter } = await openRig(t);
    await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'empty' }));
    assert.deepEqual(await readdir(mounted.path), []);
    assert.equal((await snapshotter.usage('empty')).size, 0);
  });

  it('keeps what was written to a file system that is still mounted when it is committed', async (t) => {
    const { snapshotter } = await openRig(t);
    await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'used' }));
    await writeFile(path.join(mounted.path, 'file'), 'late');
    await snapshotter.commit({ key: 'used', name: 'base' });
    assert.equal(await read(await snapshotter.view({ key: 'view', parent: 'base' })), 'late');
  });

  it('puts a device away when it is committed, and deletes it when it is removed', async (t) => {
    const place = await newPlace(t);
    await using opened = await openAt(place, { discardBlocks: true });
    await layer(opened.snapshotter, 'base', 'text');
    await opened.snapshotter.cleanup();
    assert.deepEqual(await devicesOf(place.poolName), []);
    await opened.snapshotter.prepare({ key: 'child', parent: 'base' });
    assert.equal((await devicesOf(place.poolName)).length, 1);
    await opened.snapshotter.remove('child');
    await opened.snapshotter.remove('base');
    assert.deepEqual(await devicesOf(place.poolName), []);
    const left = recordedDevices(opened, place).map(({ id }) => id);
    assert.deepEqual(left, [templateId]);
  });

  it('leaves a device that is mounted, and deletes it with the clean-up after that', async (t) => {
    const place = await newPlace(t);
    await using opened = await openAt(place);
    {
      await using _mounted = await temporaryMount(await opened.snapshotter.prepare({ key: 'used' }));
      await opened.snapshotter.remove('used');
      await opened.snapshotter.cleanup();
      assert.equal((await devicesOf(place.poolName)).length, 1);
    }
    await opened.snapshotter.cleanup();
    assert.deepEqual(await devicesOf(place.poolName), []);
  });

  it('activates its devices again after a restart of the machine, and lets suspended ones go on', async (t) => {
    const place = await newPlace(t);
    {
      await using opened = await openAt(place);
      await layer(opened.snapshotter, 'base', 'below');
      await write(await opened.snapshotter.prepare({ key: 'gone' }), 'gone');
      await write(await opened.snapshotter.prepare({ key: 'stuck' }), 'stuck');
    }
    const [gone, stuck] = (await devicesOf(place.poolName)).sort();
    assert.ok(gone !== undefined && stuck !== undefined);
    await deviceMapper.remove(gone);
    await deviceMapper.suspend(stuck);
    await using opened = await openAt(place);
    assert.equal(await read(await opened.snapshotter.mounts('gone')), 'gone');
    assert.equal(await read(await opened.snapshotter.mounts('stuck')), 'stuck');
    assert.deepEqual(opened.reported, []);
  });

  it('marks a device as faulty when its disk fails, for good, and can still remove it', async (t) => {
    const place = await newPlace(t);
    await using opened = await openAt(place);
    const { snapshotter } = opened;
    await layer(snapshotter, 'base', 'below');
    {
      await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'active' }));
      await writeFile(path.join(mounted.path, 'file'), 'lost');
      await place.disk.break();
      await assert.rejects(snapshotter.commit({ key: 'active', name: 'layer' }), DataLossError);
      await place.disk.repair();
    }
    await assert.rejects(snapshotter.commit({ key: 'active', name: 'layer' }), (error) => {
      assert.ok(error instanceof DataLossError);
      assert.match(error.message, /the device of snapshot \d+ is faulty: .*EIO/);
      return true;
    });
    await snapshotter.remove('active');
    assert.equal(await read(await snapshotter.view({ key: 'view', parent: 'base' })), 'below');
  });
});
