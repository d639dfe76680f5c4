import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DataLossError, FailedPreconditionError, InternalError, InvalidArgumentError } from '../../errors/index.js';
import { type Driver, type DriverSnapshot, labelsOf, noContext, noLabels } from '../../snapshots/index.js';
import { type OverlayFacts, type OverlayOptions, openOverlayDriver } from './index.js';

/** A machine on which everything works, whatever this one is. */
const facts: OverlayFacts = {
  kernel: { major: 6, minor: 1 },
  inUserNamespace: false,
  hasIndexOption: true,
  fileSystemMagic: () => 0xef53,
  supportsDirectoryTypes: () => true,
  mountsWithUserXattr: async () => false,
  mountsWithMappedIds: async () => true,
  projectQuota: () => ({ quota: undefined, reason: 'there is no project quota' }),
};

type Options = Omit<OverlayOptions, 'root' | 'facts'> & { readonly facts?: Partial<OverlayFacts> };

async function open(t: TestContext, options: Options = {}): Promise<Driver> {
  const root = join(mkdtempSync(join(tmpdir(), 'strata-overlay-')), 'root');
  const driver = await openOverlayDriver({ root, ...options, facts: { ...facts, ...options.facts } });
  t.after(async () => {
    await driver.close();
    rmSync(root, { recursive: true, force: true });
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

const maps = labelsOf({
  'containerd.io/snapshot/uidmapping': '0:1000:10',
  'containerd.io/snapshot/gidmapping': '0:2000:10',
});

/** Mounts by kind and parents, with `<r>` for the place of snapshots. */
const mountCases: readonly {
  readonly name: string;
  readonly of: Partial<DriverSnapshot>;
  readonly options?: Options;
  readonly want: readonly string[];
}[] = [
  { name: 'active without parents', of: {}, want: ['bind', '<r>/9/fs', 'rw', 'rbind'] },
  { name: 'view without parents', of: { kind: 'view' }, want: ['bind', '<r>/9/fs', 'ro', 'rbind'] },
  { name: 'view over one', of: { kind: 'view', parentIds: ['4'] }, want: ['bind', '<r>/4/fs', 'ro', 'rbind'] },
  {
    name: 'active over one',
    of: { parentIds: ['4'] },
    want: ['overlay', 'overlay', 'workdir=<r>/9/work', 'upperdir=<r>/9/fs', 'lowerdir=<r>/4/fs', 'index=off'],
  },
  {
    name: 'view over two',
    of: { kind: 'view', parentIds: ['4', '2'] },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs', 'index=off'],
  },
  {
    name: 'active with id maps, further options and userxattr',
    of: { parentIds: ['4'], labels: maps },
    options: { mountOptions: ['volatile'], facts: { inUserNamespace: true } },
    want: [
      'overlay',
      'overlay',
      'uidmap=0:1000:10',
      'gidmap=0:2000:10',
      'workdir=<r>/9/work',
      'upperdir=<r>/9/fs',
      'lowerdir=<r>/4/fs',
      'volatile',
      'userxattr',
      'index=off',
    ],
  },
  {
    name: 'bind mounts take id maps and no further options',
    of: { labels: maps },
    options: { mountOptions: ['volatile'] },
    want: ['bind', '<r>/9/fs', 'uidmap=0:1000:10', 'gidmap=0:2000:10', 'rw', 'rbind'],
  },
  {
    name: 'no id maps on a kernel that cannot',
    of: { labels: maps },
    options: { facts: { mountsWithMappedIds: async () => false } },
    want: ['bind', '<r>/9/fs', 'rw', 'rbind'],
  },
  {
    name: 'index as configured',
    of: { kind: 'view', parentIds: ['4', '2'] },
    options: { mountOptions: ['index=on'] },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs', 'index=on'],
  },
  {
    name: 'no index where the kernel does not know it',
    of: { kind: 'view', parentIds: ['4', '2'] },
    options: { facts: { hasIndexOption: false } },
    want: ['overlay', 'overlay', 'lowerdir=<r>/4/fs:<r>/2/fs'],
  },
];

describe('overlay mounts', () => {
  for (const { name, of, options = {}, want } of mountCases) {
    it(name, async (t) => {
      const driver = await open(t, options);
      const place = join(driver.root, 'snapshots');
      const [mount, ...more] = driver.mounts(snapshot(of));
      assert.ok(mount !== undefined);
      assert.deepEqual(more, []);
      assert.equal(mount.target, '');
      const got = [mount.type, mount.source, ...mount.options].map((text) => text.replaceAll(place, '<r>'));
      assert.deepEqual(got, want);
    });
  }
});

describe('userxattr', () => {
  const inside = { inUserNamespace: true, hasIndexOption: false };
  const cases: readonly [string, Partial<OverlayFacts>, boolean][] = [
    ['not outside of user namespaces', { hasIndexOption: false }, false],
    ['inside, since 5.11', inside, true],
    ['not on tmpfs', { ...inside, fileSystemMagic: () => 0x01021994 }, false],
    [
      'on older kernels when a trial says so',
      { ...inside, kernel: { major: 5, minor: 10 }, mountsWithUserXattr: async () => true },
      true,
    ],
    ['on older kernels not otherwise', { ...inside, kernel: { major: 5, minor: 10 } }, false],
  ];
  for (const [name, given, want] of cases) {
    it(name, async (t) => {
      const driver = await open(t, { facts: given });
      const [mount] = driver.mounts(snapshot({ kind: 'view', parentIds: ['2', '1'] }));
      assert.equal(mount?.options.includes('userxattr'), want);
    });
  }
});

describe('overlay capabilities', () => {
  const untried = (kernel: OverlayFacts['kernel']) => ({ kernel, mountsWithMappedIds: async () => undefined });
  const cases: readonly [Options, readonly string[]][] = [
    [{}, ['remap-ids', 'only-remap-ids', 'rebase']],
    [{ slowChown: true }, ['remap-ids', 'rebase']],
    [{ facts: { mountsWithMappedIds: async () => false } }, ['only-remap-ids', 'rebase']],
    [{ facts: untried({ major: 5, minor: 18 }) }, ['only-remap-ids', 'rebase']],
    [{ facts: untried({ major: 5, minor: 19 }) }, ['remap-ids', 'only-remap-ids', 'rebase']],
    [{ facts: { inUserNamespace: true } }, ['remap-ids', 'only-remap-ids']],
    [{ facts: { ...untried({ major: 6, minor: 18 }), inUserNamespace: true } }, ['only-remap-ids']],
  ];
  for (const [options, want] of cases) {
    it(want.join(), async (t) => assert.deepEqual((await open(t, options)).capabilities.names, want));
  }
});

describe('overlay driver', () => {
  const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

  it('makes directories with exact modes, made ahead or not, whatever the umask', async (t) => {
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
    assert.deepEqual(['1', '2', '3'].map(uidOf), [0, 3000, 1000]);
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

describe('recreate', () => {
  const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

  it('makes only what is missing, as create makes it', async (t) => {
    const driver = await open(t);
    const place = join(driver.root, 'snapshots', '9');
    await driver.create(snapshot({}), noContext);
    assert.equal(await driver.recreate?.(snapshot({}), noContext), false);
    mkdirSync(join(place, 'fs', 'content'));
    rmSync(join(place, 'work'), { recursive: true });
    assert.equal(await driver.recreate?.(snapshot({}), noContext), true);
    assert.equal(modeOf(join(place, 'work')), 0o711);
    assert.deepEqual(readdirSync(join(place, 'fs')), ['content']);
    for (const gone of [place, join(place, 'fs')]) {
      rmSync(gone, { recursive: true });
      assert.equal(await driver.recreate?.(snapshot({}), noContext), true);
      assert.deepEqual(readdirSync(place).sort(), ['fs', 'work']);
      assert.deepEqual([modeOf(place), modeOf(join(place, 'fs'))], [0o700, 0o755]);
    }
  });

  it('makes no work directory for a view', async (t) => {
    const driver = await open(t);
    assert.equal(await driver.recreate?.(snapshot({ kind: 'view' }), noContext), true);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots', '9')), ['fs']);
  });

  it('makes nothing over a parent whose files are gone', async (t) => {
    const driver = await open(t);
    await assert.rejects(async () => driver.recreate?.(snapshot({ parentIds: ['4'] }), noContext), DataLossError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });
});
