import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { FailedPreconditionError, InvalidArgumentError } from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import type { Info, Mount, Snapshotter } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { openStrata } from '../index.js';

const isRoot = process.getuid?.() === 0;

/** File systems that overlayfs treats differently: one with attributes of users, and one in memory. */
const places = { 'the temporary folder': tmpdir(), tmpfs: '/dev/shm' };

async function temporaryRoot(place = tmpdir()): Promise<string> {
  const root = await mkdtemp(join(place, 'strata-embedded-'));
  return root;
}

async function open(t: TestContext, given?: string) {
  const root = given ?? (await temporaryRoot());
  const strata = await openStrata({ root });
  // Hooks run in the order in which they are registered, and the root's own would delete what is still in use.
  t.after(async () => {
    await strata.close();
    await rm(root, { recursive: true, force: true });
  });
  return strata;
}

async function list(snapshotter: Snapshotter, call = {}): Promise<Info[]> {
  const infos: Info[] = [];
  for await (const info of snapshotter.walk({}, call)) infos.push(info);
  return infos;
}

for (const [name, place] of Object.entries(places)) {
  testSnapshotter(`overlayfs in ${name}, under all layers,`, {
    open: async (t) => ({ snapshotter: (await open(t, await temporaryRoot(place))).snapshotter() }),
    ...(isRoot ? { mount: (mounts: readonly Mount[]) => temporaryMount(mounts) } : { noMountReason: 'needs root' }),
  });
}

testSnapshotter('a back end of the caller, under all layers,', {
  async open(t) {
    const root = await temporaryRoot();
    const strata = await openStrata({ root, drivers: { mine: () => new MemoryDriver() } });
    t.after(async () => {
      await strata.close();
      await rm(root, { recursive: true, force: true });
    });
    return { snapshotter: strata.snapshotter('mine') };
  },
  noMountReason: 'memory cannot be mounted',
});

describe('openStrata', () => {
  it('gives a back end of the caller its place, and closes it', async () => {
    const root = await temporaryRoot();
    const driver = new MemoryDriver();
    const places: unknown[] = [];
    const open = (place: unknown) => {
      places.push(place);
      return driver;
    };
    const strata = await openStrata({ root, durability: 'metadata', drivers: { mine: open } });
    await strata.snapshotter('mine').prepare({ key: 'a' });
    assert.deepEqual(places, [{ root: join(root, 'io.containerd.snapshotter.v1.mine'), durability: 'metadata' }]);
    assert.equal(driver.files.size, 1);
    await strata.close();
    assert.ok(driver.closed);
    await rm(root, { recursive: true });
  });

  it('refuses a back end under a name that is taken, or is none', async () => {
    const root = await temporaryRoot();
    for (const name of ['native', '../x', '']) {
      await assert.rejects(openStrata({ root, drivers: { [name]: () => new MemoryDriver() } }), InvalidArgumentError);
    }
    await rm(root, { recursive: true });
  });

  it('works in the namespace it was given, unless a call says otherwise', async (t) => {
    const strata = await open(t);
    const snapshotter = strata.snapshotter();
    await snapshotter.prepare({ key: 'k' });
    await snapshotter.prepare({ key: 'k' }, { namespace: 'other' });
    assert.deepEqual(
      (await list(snapshotter)).map(({ name }) => name),
      ['k'],
    );
    assert.deepEqual(
      (await strata.namespaces.list()).map(({ name }) => name),
      ['default', 'other'],
    );
  });

  it('publishes events', async (t) => {
    const strata = await open(t);
    const events = strata.events.subscribe(['topic=="/snapshot/prepare",event.key==k']);
    await strata.snapshotter().prepare({ key: 'other' });
    await strata.snapshotter().prepare({ key: 'k' });
    for await (const { topic, namespace } of events) {
      assert.deepEqual([topic, namespace], ['/snapshot/prepare', 'default']);
      break;
    }
  });

  it('finds everything again, and cleans up what has no record', async (t) => {
    const root = await temporaryRoot();
    const first = await openStrata({ root });
    await first.snapshotter().prepare({ key: 'a' });
    await first.snapshotter().commit({ key: 'a', name: 'base' });
    await first.close();
    const second = await open(t, root);
    assert.deepEqual(
      (await list(second.snapshotter())).map(({ name, kind }) => [name, kind]),
      [['base', 'committed']],
    );
    await second.snapshotter().remove('base');
    await second.snapshotter().cleanup();
    assert.deepEqual(await readdir(join(root, 'io.containerd.snapshotter.v1.overlayfs/snapshots')), []);
  });

  it('checks itself, and writes backups', async (t) => {
    const root = await temporaryRoot();
    const left = join(root, 'io.strata.backup.v1.streams', 'stream-left');
    await mkdir(left, { recursive: true });
    const strata = await open(t, root);
    await strata.snapshotter().prepare({ key: 'a' });
    await mkdir(join(root, 'io.containerd.snapshotter.v1.overlayfs', 'snapshots', '4711'));
    const kinds: string[] = [];
    for await (const event of strata.maintenance.check({ repair: {} })) {
      if (event.type === 'finding') kinds.push(event.finding.kind);
      if (event.type === 'summary') assert.deepEqual([event.summary.findings, event.summary.repaired], [0, 1]);
    }
    assert.deepEqual(kinds, ['orphan-directory']);
    let bytes = 0;
    for await (const chunk of strata.maintenance.backup()) bytes += chunk.length;
    assert.ok(bytes > 0);
    assert.deepEqual(await readdir(join(root, 'io.strata.backup.v1.streams')), []);
  });

  it('refuses a root that is in use, and a snapshotter that is not there', async (t) => {
    const root = await temporaryRoot();
    const strata = await open(t, root);
    await assert.rejects(openStrata({ root }), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /is in use by process \d+/);
      return true;
    });
    assert.throws(() => strata.snapshotter('nobody'), InvalidArgumentError);
  });
});
