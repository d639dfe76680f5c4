/**
 * A disk that fails all writes for a while, and one whose power is cut in the middle of the work, both by the device mapper:
 * the disk stays as it was at that moment, while the kernel lives on.
 *
 * A file system whose journal could not be written takes no changes until it is mounted again, so that is done, after
 * e2fsck for ext4. Where writes fail the work is done by a daemon, since that may end it. What is done before a power
 * cut is done in this process, which is faster: what Strata writes when it is closed later does not get to the disk.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  DataLossError,
  type EmbeddedStrata,
  FailedPreconditionError,
  NotFoundError,
  openStrata,
  type Snapshotter,
  UnavailableError,
  UnknownError,
} from '../../src/index.js';
import { Daemon } from '../support/flaky-disk/daemon.js';
import { type FileSystem, FlakyDisk } from '../support/flaky-disk/disk.js';
import { Load } from '../support/flaky-disk/load.js';
import { digestOf } from '../support/power-cut/content.js';
import { writeReplayConfiguration } from '../support/replay/configuration.js';
import { disks } from '../support/second-kernel/index.js';

type Durability = 'full' | 'metadata' | 'none';

/** Layers by their names: the digest of each, or why it has none. */
type Layers = ReadonlyMap<string, string>;

const writeback = '/proc/sys/vm/dirty_writeback_centisecs';
const namespace = { name: 'default', labels: new Map<string, string>() };

/** A disk, and a kernel that writes nothing to it by itself, since none of that is promised. */
function makeDisk(t: TestContext, type: FileSystem): Promise<FlakyDisk> {
  writeFileSync(writeback, '0');
  t.after(() => writeFileSync(writeback, '500'));
  return FlakyDisk.make(disks.empty, type);
}

async function mountAgain(disk: FlakyDisk): Promise<void> {
  await disk.unmount();
  await disk.become('healthy');
  await disk.repair();
  await disk.mount();
}

function rootOn(disk: FlakyDisk): string {
  return path.join(disk.path, 'root');
}

/** Has a daemon work while writes begin to fail, and a while after they do so no more. @returns what was acknowledged. */
async function workWhileWritesFail(disk: FlakyDisk, type: FileSystem): Promise<Layers> {
  await using daemon = await Daemon.start(rootOn(disk));
  const { client } = daemon;
  await client.namespaces.create(namespace);
  await using load = new Load(client.snapshotter('overlayfs'));
  await load.makes(6);
  await disk.become('failing');
  await load.isRefused(6);
  // Everything else may be refused for its files; this is a record alone, so that the store cannot be written for sure.
  await assert.rejects(client.namespaces.create({ ...namespace, name: 'failing' }), isDiskError);
  await disk.become('healthy');
  await load.isRefused(6);
  assert.ok(load.refusals.every(isDiskError));
  if (type === 'ext4') {
    await assert.rejects(client.namespaces.create({ ...namespace, name: 'healthy' }), UnavailableError);
    const found = await contentsOf(client.snapshotter('overlayfs'), load.layers);
    assert.deepEqual(found, load.layers, 'reading works meanwhile');
  }
  const { signal } = await daemon.kill();
  // The kernel forgets what it could not write to an xfs, and reads no more from it: whoever has it mapped gets SIGBUS.
  assert.ok(signal === 'SIGKILL' || (signal === 'SIGBUS' && type === 'xfs'), `the daemon ended with ${signal}`);
  return load.layers;
}

/** The disk fails; the store, which could not be written once, is not written until the next start. */
function isDiskError(error: unknown): true {
  if (error instanceof UnavailableError) return true;
  const ofDisk = [DataLossError, UnknownError, FailedPreconditionError].some((each) => error instanceof each);
  assert.ok(ofDisk, String(error));
  assert.match(String(error), /read-only|i\/o error|input\/output error|structure needs cleaning/i);
  return true;
}

async function open(disk: FlakyDisk, durability: Durability): Promise<EmbeddedStrata> {
  const directory = mkdtempSync(path.join(tmpdir(), 'flaky-config-'));
  const config = path.join(directory, 'config.toml');
  writeReplayConfiguration(config);
  const strata = await openStrata({ root: rootOn(disk), durability, config });
  rmSync(directory, { recursive: true });
  return strata;
}

/** Works, and has the power cut in the middle of it. @returns what was acknowledged by then. */
async function workUntilPowerCut(disk: FlakyDisk, strata: EmbeddedStrata): Promise<Layers> {
  await using load = new Load(strata.snapshotter('overlayfs'));
  await load.makes(6);
  const acknowledged = new Map(load.layers);
  await disk.become('dropping');
  return acknowledged;
}

/** What is found of some layers. */
async function contentsOf(snapshotter: Snapshotter, layers: Layers): Promise<Layers> {
  const found = new Map<string, string>();
  for (const name of layers.keys()) found.set(name, await contentOf(snapshotter, name));
  return found;
}

async function contentOf(snapshotter: Snapshotter, name: string): Promise<string> {
  try {
    const { kind, labels } = await snapshotter.stat(name);
    assert.equal(kind, 'committed');
    return digestOf(labels.get('containerd.io/snapshot/overlay.upperdir') ?? '');
  } catch (error) {
    return error instanceof NotFoundError ? 'no record' : String(error);
  }
}

for (const type of ['ext4', 'xfs'] as const) {
  test(`what was acknowledged on ${type} is there after writes failed, and after a power cut`, async (t) => {
    await using disk = await makeDisk(t, type);
    const early = await workWhileWritesFail(disk, type);
    await mountAgain(disk);
    const late = await (async () => {
      await using strata = await open(disk, 'full');
      assert.deepEqual(await contentsOf(strata.snapshotter('overlayfs'), early), early, 'after writes failed');
      return await workUntilPowerCut(disk, strata);
    })();
    await mountAgain(disk);
    await using strata = await open(disk, 'full');
    const all = new Map([...early, ...late]);
    assert.deepEqual(await contentsOf(strata.snapshotter('overlayfs'), all), all, 'after the power cut');
  });
}

/** What a power cut leaves of the layers that were acknowledged: those made, and those found. */
async function cutPower(disk: FlakyDisk, durability: Durability): Promise<{ made: Layers; found: Layers }> {
  const made = await (async () => {
    await using strata = await open(disk, durability);
    await strata.namespaces.create(namespace);
    return await workUntilPowerCut(disk, strata);
  })();
  await mountAgain(disk);
  await using strata = await open(disk, durability);
  return { made, found: await contentsOf(strata.snapshotter('overlayfs'), made) };
}

test('a power cut is noticed: of layers that are not synchronised the records are left', async (t) => {
  await using disk = await makeDisk(t, 'ext4');
  const { made, found } = await cutPower(disk, 'metadata');
  assert.equal([...found.values()].includes('no record'), false);
  assert.notDeepEqual(found, made);
});

test('a power cut is noticed: records that are not synchronised are lost', async (t) => {
  await using disk = await makeDisk(t, 'ext4');
  const { found } = await cutPower(disk, 'none');
  assert.equal([...found.values()].includes('no record'), true);
});
