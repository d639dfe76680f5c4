import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { mountsBelow, newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import {
  CanceledError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotImplementedError,
  UnavailableError,
} from '../../errors/index.js';
import { setAttribute, temporaryMount, unmountAll, whyNotGrowable } from '../../linux/index.js';
import { type Driver, type DriverSnapshot, labelsOf, noContext, noLabels } from '../../snapshots/index.js';
import { type ErofsOptions, openErofsDriver } from './index.js';
import { triesImmutable } from './trial.js';

const MIB = 2 ** 20;

type Options = Omit<ErofsOptions, 'root'>;

async function open(t: TestContext, options: Options = {}, root = newRoot(t)): Promise<Driver> {
  const driver = await openErofsDriver({ root, onBackgroundError: (error) => assert.fail(String(error)), ...options });
  t.after(() => driver.close());
  return driver;
}

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

/** Makes a layer with a file, by its mounts, and gives what it takes. */
async function layer(driver: Driver, of: Partial<DriverSnapshot> & { readonly id: string }) {
  await driver.create(snapshot(of), noContext);
  {
    await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
    writeFileSync(join(mounted.path, `file-${of.id}`), of.id);
  }
  const usage = await driver.seal(snapshot(of), noContext);
  await driver.committed?.([of.id], noContext);
  return usage;
}

async function look(driver: Driver, of: Partial<DriverSnapshot>): Promise<string[]> {
  await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
  return readdirSync(mounted.path).sort();
}

const inSnapshot = ({ root }: Driver, id: string): string[] => readdirSync(join(root, 'snapshots', id)).sort();

describe('erofs mounts', { skip: whyNoErofs() }, () => {
  it('are ordinary ones, over mounted layers', async (t) => {
    const driver = await open(t, { facts: { hasIndexOption: true } });
    const place = join(driver.root, 'snapshots');
    const shown = (of: Partial<DriverSnapshot>) => {
      const [mount, ...more] = driver.mounts(snapshot(of));
      assert.deepEqual(more, []);
      return [mount?.type, mount?.source, ...(mount?.options ?? [])].map((text) => text?.replaceAll(place, '<r>'));
    };
    assert.deepEqual(shown({}), ['bind', '<r>/9/fs', 'rw', 'rbind']);
    assert.deepEqual(shown({ kind: 'view' }), ['bind', '<r>/9/fs', 'ro', 'rbind']);
    assert.deepEqual(shown({ kind: 'view', parentIds: ['4'] }), ['bind', '<r>/4/layer', 'ro', 'rbind']);
    assert.deepEqual(shown({ kind: 'view', parentIds: ['4', '2'] }), [
      'overlay',
      'overlay',
      'lowerdir=<r>/4/layer:<r>/2/layer',
      'index=off',
    ]);
    assert.deepEqual(shown({ parentIds: ['4'] }), [
      'overlay',
      'overlay',
      'workdir=<r>/9/work',
      'upperdir=<r>/9/fs',
      'lowerdir=<r>/4/layer',
      'index=off',
    ]);
    assert.throws(() => shown({ kind: 'committed' }), FailedPreconditionError);
  });

  it('are made while a snapshot stands on a layer, and no longer', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    await layer(driver, { id: '2', parentIds: ['1'] });
    const layers = () => mountsBelow(driver.root).map((point) => point.split('/').at(-2));
    assert.deepEqual(layers(), []);
    await driver.discard(['2'], noContext);
    await driver.create(snapshot({ id: '3', parentIds: ['1'] }), noContext);
    await driver.create(snapshot({ id: '4', kind: 'view', parentIds: ['1'] }), noContext);
    assert.deepEqual(layers(), ['1']);
    await driver.discard(['3'], noContext);
    assert.deepEqual(layers(), ['1']);
    await driver.discard(['4'], noContext);
    assert.deepEqual(layers(), []);
    assert.deepEqual(inSnapshot(driver, '1'), ['layer.erofs']);
  });

  it('are made once when many want them at the same time', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    const ids = Array.from({ length: 20 }, (_, n) => String(n + 10));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(ids.map((id) => driver.create(snapshot({ id, parentIds: ['1'] }), noContext)));
      assert.equal(mountsBelow(driver.root).length, 1);
      await Promise.all(ids.map((id) => driver.discard([id], noContext)));
      assert.equal(mountsBelow(driver.root).length, 0);
    }
  });

  it('go on where they are mounted when their layers are unmounted', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    const of = { id: '2', kind: 'view', parentIds: ['1'] } as const;
    await driver.create(snapshot(of), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
    await driver.discard(['2'], noContext);
    assert.deepEqual(readdirSync(mounted.path), ['file-1']);
  });
});

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

  it('can be written to again when their commit is refused, and are packed anew', async (t) => {
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
    // The last is mounted by itself, and its ids are mapped by that.
    assert.deepEqual(['2', '3', '4'].map(ownerOf), [
      [1000, 2000],
      [7, 8],
      [0, 0],
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

describe('erofs block images', { skip: whyNoErofs() }, () => {
  const options = { defaultSize: 32 * MIB };

  it('have the size that a limit says, and no more room', async (t) => {
    const driver = await open(t, options);
    await driver.create(snapshot({ id: '1', limits: { bytes: 64 * MIB } }), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot({ id: '1' })));
    const { blocks, bsize } = statfsSync(mounted.path);
    assert.ok(blocks * bsize > 40 * MIB && blocks * bsize < 64 * MIB);
    assert.throws(() => writeFileSync(join(mounted.path, 'large'), Buffer.alloc(64 * MIB, 1)), { code: 'ENOSPC' });
  });

  it('become larger while they are in use, and not smaller', { skip: whyNotGrowable('ext4') ?? false }, async (t) => {
    const driver = await open(t, options);
    await layer(driver, { id: '1' });
    const of = snapshot({ id: '2', parentIds: ['1'] });
    const limit = async (bytes?: number) => driver.limiter?.set(of, bytes === undefined ? {} : { bytes }, noContext);
    await driver.create(of, noContext);
    await limit(32 * MIB);
    {
      await using mounted = await temporaryMount(driver.mounts(of));
      const write = (mebibytes: number) => writeFileSync(join(mounted.path, 'large'), Buffer.alloc(mebibytes * MIB, 1));
      assert.throws(() => write(64), { code: 'ENOSPC' });
      for (let twice = 0; twice < 2; twice += 1) await limit(128 * MIB);
      write(96);
      assert.throws(() => write(128), { code: 'ENOSPC' });
      await assert.rejects(limit(64 * MIB), {
        name: 'FailedPreconditionError',
        message: /an image of 134217728 bytes, which can become larger, and not 67108864/,
      });
      await limit();
      assert.deepEqual(readdirSync(mounted.path).sort(), ['file-1', 'large']);
    }
    assert.equal(statSync(join(driver.root, 'snapshots/2/rwlayer.img')).size, 128 * MIB);
  });

  it('become layers, and are gone then', async (t) => {
    const driver = await open(t, options);
    await layer(driver, { id: '1' });
    await layer(driver, { id: '2', parentIds: ['1'] });
    assert.deepEqual(inSnapshot(driver, '2'), ['layer.erofs']);
    const view = { id: '3', kind: 'view', parentIds: ['2', '1'] } as const;
    await driver.create(snapshot(view), noContext);
    assert.deepEqual(await look(driver, view), ['file-1', 'file-2']);
  });

  it('leave nothing when they cannot be made', async (t) => {
    const driver = await open(t, options);
    await assert.rejects(driver.create(snapshot({ id: '1', limits: { bytes: 1024 } }), noContext), /mkfs\.ext4 failed/);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
    assert.deepEqual(mountsBelow(driver.root), []);
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

  it('unmounts layers that nothing stands on, and deletes what a commit left', async (t) => {
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

describe('erofs on a machine that lacks something', { skip: whyNoErofs() }, () => {
  it('says what', async (t) => {
    const missing = async () => {
      throw new NotImplementedError('this kernel has no erofs');
    };
    await assert.rejects(open(t, { facts: { mountsImages: missing } }), /this kernel has no erofs/);
    await assert.rejects(open(t, { defaultSize: MIB * 16, facts: { canMakeBlockImages: false } }), NotImplementedError);
    await assert.rejects(open(t, { facts: { supportsDirectoryTypes: () => false } }), FailedPreconditionError);
  });

  it('refuses roots, options and ids that cannot work', async (t) => {
    for (const root of ['relative', '/a:b']) await assert.rejects(open(t, {}, root), InvalidArgumentError);
    await assert.rejects(open(t, { mountOptions: ['lowerdir=/x'] }), InvalidArgumentError);
    await assert.rejects(open(t, { defaultSize: 17 }), InvalidArgumentError);
    const driver = await open(t);
    await assert.rejects(driver.discard(['../trial'], noContext), InvalidArgumentError);
  });

  it('mounts images through loop devices where the kernel takes no file', async (t) => {
    const driver = await open(t, { facts: { mountsImages: async () => ({ loop: true }) } });
    await layer(driver, { id: '1' });
    const view = { id: '2', kind: 'view', parentIds: ['1'] } as const;
    await driver.create(snapshot(view), noContext);
    assert.deepEqual(await look(driver, view), ['file-1']);
    assert.match(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      new RegExp(`${driver.root}/snapshots/1/layer .* - erofs /dev/loop`),
    );
  });
});
