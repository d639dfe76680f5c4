import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { link, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { CanceledError, DataLossError, InternalError, InvalidArgumentError } from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import {
  type Driver,
  type DriverSnapshot,
  LocalSnapshotter,
  type Mount,
  noContext,
  noLabels,
  SnapshotService,
} from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { type NativeOptions, openNativeDriver } from './index.js';

const isRoot = process.getuid?.() === 0;
const MIB = 2 ** 20;

async function open(
  t: TestContext,
  { place = tmpdir(), ...options }: Omit<NativeOptions, 'root'> & { readonly place?: string } = {},
): Promise<Driver> {
  const base = await mkdtemp(join(place, 'strata-native-'));
  const driver = await openNativeDriver({ root: join(base, 'root'), ...options });
  t.after(async () => {
    await driver.close();
    rmSync(base, { recursive: true, force: true });
  });
  return driver;
}

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

const treeOf = (driver: Driver, id: string): string => join(driver.root, 'snapshots', id);

/** A file system to test on; its mount point is known when the tests run. */
interface Ground {
  readonly name: string;
  readonly skip: string | false;
  readonly place: () => string;
}

const made: LoopFileSystem[] = [];
const loopTypes = ['ext4', 'xfs', 'btrfs'] as const;

const grounds: readonly Ground[] = [
  { name: 'the temporary folder', skip: false, place: () => tmpdir() },
  { name: 'tmpfs', skip: false, place: () => '/dev/shm' },
  ...loopTypes.map((type, index) => ({
    name: type,
    skip: whyNoLoopFileSystem(type),
    place: () => made[index]?.path ?? tmpdir(),
  })),
];

before(async () => {
  for (const type of loopTypes) if (whyNoLoopFileSystem(type) === false) made.push(await loopFileSystem({ type }));
});
after(async () => {
  for (const fs of made) await fs[Symbol.asyncDispose]();
});

for (const { name, skip, place } of grounds) {
  describe(name, { skip }, () =>
    testSnapshotter(`native on ${name}`, {
      open: async (t) => {
        const driver = await open(t, { place: place() });
        const { store, ...closing } = await temporaryStore();
        t.after(() => closing[Symbol.asyncDispose]());
        return { snapshotter: new SnapshotService(await LocalSnapshotter.open({ name: 'native', store, driver })) };
      },
      ...(isRoot ? { mount: (mounts: readonly Mount[]) => temporaryMount(mounts) } : { noMountReason: 'needs root' }),
    }),
  );
}

describe('native driver', () => {
  /** A layer `1` with a file, a link to it and a symbolic link. */
  async function withLayer(t: TestContext, options: Parameters<typeof open>[1] = {}): Promise<Driver> {
    const driver = await open(t, options);
    await driver.create(snapshot({ id: '1' }), noContext);
    writeFileSync(join(treeOf(driver, '1'), 'file'), Buffer.alloc(4 * MIB, 7));
    await link(join(treeOf(driver, '1'), 'file'), join(treeOf(driver, '1'), 'linked'));
    symlinkSync('file', join(treeOf(driver, '1'), 'symlink'));
    await driver.seal(snapshot({ id: '1' }), noContext);
    return driver;
  }

  it('copies the nearest parent for an active snapshot, and nothing for a view', async (t) => {
    for (const durability of ['full', 'metadata', 'none'] as const) {
      const driver = await withLayer(t, { durability });
      await driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
      await driver.create(snapshot({ id: '3', kind: 'view', parentIds: ['1'] }), noContext);
      assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1', '2']);
      assert.deepEqual(readdirSync(treeOf(driver, '2')), ['file', 'linked', 'symlink']);
      assert.equal(lstatSync(join(treeOf(driver, '2'), 'file')).nlink, 2);
      writeFileSync(join(treeOf(driver, '2'), 'file'), 'changed');
      assert.equal(readFileSync(join(treeOf(driver, '1'), 'file')).length, 4 * MIB);
    }
  });

  it('makes directories with exact modes, whatever the umask', async (t) => {
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    const driver = await open(t);
    await driver.create(snapshot({ id: '1' }), noContext);
    const modes = [driver.root, join(driver.root, 'snapshots'), treeOf(driver, '1')].map(
      (path) => lstatSync(path).mode & 0o7777,
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o755]);
  });

  it('refuses an id that is there, and touches nothing of it', async (t) => {
    const driver = await withLayer(t);
    await assert.rejects(driver.create(snapshot({ id: '1' }), noContext), InternalError);
    await assert.rejects(driver.create(snapshot({ id: '1', parentIds: ['1'] }), noContext), InternalError);
    assert.equal(readdirSync(treeOf(driver, '1')).length, 3);
  });

  it('says when the files of a parent are gone, and leaves nothing', async (t) => {
    const driver = await open(t);
    for (const kind of ['active', 'view'] as const) {
      await assert.rejects(driver.create(snapshot({ id: '2', kind, parentIds: ['1'] }), noContext), DataLossError);
    }
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('leaves nothing when it is aborted', async (t) => {
    const driver = await withLayer(t);
    for (let n = 0; n < 300; n++) writeFileSync(join(treeOf(driver, '1'), String(n)), 'x');
    await assert.rejects(driver.create(snapshot({ id: '2' }), { signal: AbortSignal.abort() }), CanceledError);
    const abort = new AbortController();
    const creating = driver.create(snapshot({ id: '3', parentIds: ['1'] }), { signal: abort.signal });
    setImmediate(() => abort.abort());
    await assert.rejects(creating, CanceledError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
  });

  it('discards what there is, is content with what is not, and never leaves its place', async (t) => {
    const driver = await withLayer(t);
    mkdirSync(join(driver.root, 'snapshots/new-leftover'));
    const found: string[] = [];
    for await (const name of driver.ids()) found.push(name);
    assert.deepEqual(found.sort(), ['1', 'new-leftover']);
    await assert.rejects(driver.discard(['..'], noContext), InvalidArgumentError);
    await driver.discard(['1', 'new-leftover', 'never'], noContext);
    await driver.discard(['1'], noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('copies no protection of chattr(1), and deletes what has it', { skip: whyNoLoopFileSystem('ext4') }, async (t) => {
    const driver = await open(t, { place: grounds.find(({ name }) => name === 'ext4')?.place() ?? '' });
    await driver.create(snapshot({ id: '1' }), noContext);
    writeFileSync(join(treeOf(driver, '1'), 'file'), 'layer');
    execFileSync('chattr', ['+i', join(treeOf(driver, '1'), 'file'), treeOf(driver, '1')]);
    await driver.seal(snapshot({ id: '1' }), noContext);
    await driver.create(snapshot({ id: '2', parentIds: ['1'] }), noContext);
    writeFileSync(join(treeOf(driver, '2'), 'file'), 'child');
    writeFileSync(join(treeOf(driver, '2'), 'new'), '');
    await driver.discard(['2', '1'], noContext);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });

  it('refuses a root that is no absolute path', async () => {
    await assert.rejects(openNativeDriver({ root: 'relative' }), InvalidArgumentError);
  });

  for (const { name, skip, place } of grounds) {
    const shares = name === 'xfs' || name === 'btrfs';
    const promise = shares ? 'leaves out what is shared with the parent' : 'is the whole tree';
    it(`usage on ${name} ${promise}`, { skip }, async (t) => {
      const driver = await withLayer(t, { place: place() });
      const over = snapshot({ id: '2', parentIds: ['1'] });
      await driver.create(over, noContext);
      writeFileSync(join(treeOf(driver, '2'), 'own'), Buffer.alloc(MIB, 1));
      await driver.seal(over, noContext);
      const { size, inodes } = await driver.usage(over, noContext);
      const own = MIB + (shares ? 0 : 4 * MIB);
      assert.ok(size >= own && size < own + MIB / 2, `${size} bytes`);
      assert.equal(inodes, 4);
      assert.ok((await driver.usage(snapshot({ id: '1' }), noContext)).size >= 4 * MIB);
      const view = snapshot({ id: '3', kind: 'view', parentIds: ['1'] });
      assert.deepEqual(await driver.usage(view, noContext), { size: 0, inodes: 0 });
    });
  }
});
