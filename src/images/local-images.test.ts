import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  blockfileBackEnd,
  btrfsBackEnd,
  erofsBackEnd,
  nativeBackEnd,
  unmountBelow,
} from '../../tests/support/checked-back-ends.js';
import {
  type CheckedBackEnd,
  type CheckedRoot,
  openCheckedBackEnd,
  overlayBackEnd,
  runCheck,
} from '../../tests/support/checked-root.js';
import { whyNoErofs } from '../../tests/support/erofs-root.js';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from '../../tests/support/loop-file-system.js';
import {
  archiveOf,
  dockerArchive,
  type MadeImage,
  ociLayout,
  sha256,
  writeFiles,
} from '../../tests/support/make-image.js';
import { makeTar } from '../../tests/support/make-tar.js';
import { treeOf } from '../../tests/support/tree-of.js';
import { temporaryMount } from '../linux/index.js';
import { Leases } from '../snapshots/index.js';
import type { ImportProgress } from './api/index.js';
import { LocalImages } from './local-images.js';
import { chainIds } from './oci/digest.js';

const call = { namespace: 'default' };
const needsRoot = { skip: process.geteuid?.() !== 0 && 'needs root' };

interface Rig extends CheckedRoot {
  readonly images: LocalImages;
  /** The paths of files with images to import. */
  source(image: MadeImage, files?: typeof ociLayout): string;
}

async function rig(t: TestContext, backEnd: CheckedBackEnd = overlayBackEnd(), place = tmpdir()): Promise<Rig> {
  const directory = mkdtempSync(path.join(place, 'strata-images-'));
  const root = await openCheckedBackEnd(backEnd, directory);
  t.after(async () => {
    await root[Symbol.asyncDispose]();
    await unmountBelow(directory);
    // A file system of its own goes as a whole.
    if (place === tmpdir()) rmSync(directory, { recursive: true, force: true });
  });
  const images = await LocalImages.open({
    store: root.store,
    snapshotters: new Map([[root.name, root.snapshotter]]),
    defaultSnapshotter: root.name,
    directory: path.join(directory, 'images'),
  });
  let sources = 0;
  const source: Rig['source'] = (image, files = ociLayout) => {
    const file = path.join(directory, `source-${sources++}`);
    writeFileSync(file, archiveOf(files([image])));
    return file;
  };
  return { ...root, images, source };
}

async function snapshotsOf({ snapshotter }: CheckedRoot): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, kind } of snapshotter.walk()) names.push(kind === 'committed' ? name : `${kind} ${name}`);
  return names;
}

/** What is left of imports beside images and layers. */
function leftovers({ directory }: CheckedRoot): string[] {
  return ['mounts', 'sources'].flatMap((each) => readdirSync(path.join(directory, 'images', each)));
}

const file = (name: string, content: string, mode = 0o644) => ({ name, content, mode, mtime: 1 });
const dir = (name: string) => ({ name, type: '5', mode: 0o755, mtime: 1 });

/** Layers that do to each other what layers can. */
const image: MadeImage = {
  name: 'docker.io/library/made:v1',
  layers: [
    [
      dir('etc'),
      file('etc/kept', 'kept'),
      file('etc/gone', 'gone'),
      dir('usr'),
      dir('usr/lib'),
      file('usr/lib/a', 'a'),
      { name: 'lib', type: '2', link: 'usr/lib', mtime: 1 },
      dir('opaque'),
      file('opaque/below', 'x'),
      file('linked', 'shared', 0o4755),
    ],
    [
      dir('etc'),
      { name: 'etc/.wh.gone' },
      file('etc/kept', 'changed'),
      dir('opaque'),
      { name: 'opaque/.wh..wh..opq' },
      file('opaque/above', 'y'),
      { name: 'lower', type: '1', link: 'linked', mode: 0o4755, mtime: 1 },
    ],
    [
      file('lib/new', 'n'),
      { name: 'null', type: '3', major: 1, minor: 3, mode: 0o666, mtime: 1 },
      {
        ...file('owned', 'o'),
        uid: 70_000,
        gid: 5,
        pax: { mtime: '5.000000007', 'SCHILY.xattr.user.k': Buffer.from([0, 255]) },
      },
    ],
  ],
};

/** Layers that list every directory that they touch, so that each can be unpacked without those below it. */
const tangled: MadeImage = {
  name: 'tangled',
  layers: [
    [
      ...['etc', 'usr', 'usr/lib', 'opaque', 'opaque/sub', 'swap', 'whole'].map(dir),
      ...['etc/kept', 'etc/gone', 'usr/lib/a', 'opaque/x', 'opaque/sub/x', 'swap/x', 'whole/x', 'plain'].map((name) =>
        file(name, 'below'),
      ),
      { name: 'lib', type: '2', link: 'usr/lib', mtime: 1 },
    ],
    [
      ...[dir('etc'), { name: 'etc/.wh.gone' }, { name: 'etc/kept', type: '3' }],
      ...[dir('usr'), { name: 'usr/.wh.lib' }, dir('usr/lib'), file('usr/lib/own', 'o')],
      ...[dir('opaque'), dir('opaque/sub'), file('opaque/sub/own', 'o'), { name: 'opaque/.wh..wh..opq' }],
      ...[file('opaque/last', 'l'), file('swap', 'f'), dir('swap'), file('swap/own', 'o')],
      ...[dir('whole'), file('whole/own', 'o'), { name: '.wh.whole' }],
      ...[{ name: '.wh.plain' }, file('plain', 'new'), { name: '.wh.missing' }, dir('lib'), file('lib/own', 'o')],
    ],
    [
      dir('usr'),
      dir('usr/lib'),
      file('usr/lib/third', 't'),
      { name: 'lower', type: '1', link: 'usr/lib/third', mtime: 1 },
    ],
  ],
};

/** What of it there is to see. */
const untangled =
  'etc lib lib/own lower opaque opaque/last opaque/sub opaque/sub/own plain swap swap/own ' +
  'usr usr/lib usr/lib/own usr/lib/third whole whole/own';

const chainOf = ({ layers }: MadeImage) => chainIds(layers.map((entries) => sha256(makeTar(entries))));

/** What a client sees of a committed snapshot. */
async function look({ snapshotter }: CheckedRoot, name: string): Promise<string[]> {
  const mounts = await snapshotter.view({ key: 'look', parent: name });
  try {
    await using mount = await temporaryMount(mounts);
    const root = lstatSync(mount.path).ino;
    assert.ok(root > 0);
    // The times of the root and of directories that no layer lists are those of the import.
    return treeOf(mount.path)
      .map((line) => (/^lib 40000 755 0 0 /.test(line) ? line.replace(/ \d{19} /, ' now ') : line))
      .filter((line) => !/^(\.|lost\+found) /.test(line))
      .map((line) => line.replace(/ security\.\S+/g, ''));
  } finally {
    await snapshotter.remove('look');
  }
}

let btrfs: LoopFileSystem;
const noBtrfs = whyNoLoopFileSystem('btrfs');
before(async () => {
  if (noBtrfs === false) btrfs = await loopFileSystem({ type: 'btrfs' });
});
after(async () => {
  if (noBtrfs === false) await btrfs[Symbol.asyncDispose]();
});

const backEnds = [
  { open: overlayBackEnd, skip: needsRoot.skip },
  { open: nativeBackEnd, skip: needsRoot.skip },
  { open: blockfileBackEnd, skip: whyNoLoopFileSystem('ext4') },
  { open: erofsBackEnd, skip: whyNoErofs() },
  { open: btrfsBackEnd, skip: noBtrfs, place: () => btrfs.path },
] as const;

describe('an image', () => {
  let expected: string[] | undefined;
  for (const { open, skip, ...more } of backEnds) {
    it(`becomes the same tree on ${open().name}, and goes without a trace`, { skip }, async (t) => {
      const here = await rig(t, open(), 'place' in more ? more.place() : tmpdir());
      const [imported, ...others] = await here.images.import({ source: here.source(image) }, call);
      assert.deepEqual([others, leftovers(here)], [[], []]);
      const chain = chainOf(image);
      assert.equal(imported?.snapshot, chain.at(-1));
      assert.deepEqual((await snapshotsOf(here)).sort(), [...chain].sort());
      const tree = await look(here, chain.at(-1) ?? '');
      expected ??= tree;
      assert.deepEqual(tree, expected);
      assert.deepEqual(
        tree.map((line) => line.split(' ')[0]),
        [
          'etc',
          'etc/kept',
          'lib',
          'lib/new',
          'linked',
          'lower',
          'null',
          'opaque',
          'opaque/above',
          'owned',
          'usr',
          'usr/lib',
          'usr/lib/a',
        ],
      );
      assert.match(tree.find((line) => line.startsWith('owned ')) ?? '', / 644 70000 5 5000000007 .*user\.k=00ff/);
      const { findings } = await runCheck(here, { level: 'deep' });
      assert.deepEqual(findings, []);
      await here.images.remove('made:v1', call);
      assert.deepEqual([await snapshotsOf(here), await here.images.list(call)], [[], []]);
    });
  }
});

describe('layers that need nothing of those below', () => {
  let expected: string[] | undefined;
  for (const { open, skip, ...more } of backEnds) {
    it(`become the same on ${open().name}, wherever they are unpacked`, { skip }, async (t) => {
      const here = await rig(t, open(), 'place' in more ? more.place() : tmpdir());
      const commit = t.mock.method(here.snapshotter, 'commit');
      const [imported] = await here.images.import({ source: here.source(tangled) }, call);
      const onto = commit.mock.calls.filter((each) => each.arguments[0].parent !== undefined).length;
      assert.equal(onto, ['overlayfs', 'erofs'].includes(here.name) ? 2 : 0, 'layers that were unpacked alone');
      const tree = await look(here, imported?.snapshot ?? '');
      assert.equal(tree.map((line) => line.split(' ')[0]).join(' '), untangled);
      expected ??= tree;
      assert.deepEqual(tree, expected);
      assert.deepEqual((await runCheck(here, { level: 'deep' })).findings, []);
    });
  }
});

describe('an import', needsRoot, () => {
  it('reads no layer that is there, and says how far each is', async (t) => {
    const here = await rig(t);
    const told: ImportProgress[] = [];
    const onProgress = (progress: ImportProgress) => told.push(progress);
    const lower = { ...image, layers: image.layers.slice(0, 2), name: 'lower' };
    await here.images.import({ source: here.source(lower) }, call);
    await here.images.import({ source: here.source(image), onProgress }, call);
    const states = told.map(({ position, layers, state, bytes, total }) => [position, layers, state, bytes === total]);
    const [first, second, ...third] = states;
    assert.deepEqual(
      [first, second],
      [
        [1, 3, 'exists', false],
        [2, 3, 'exists', false],
      ],
    );
    assert.deepEqual(
      [third.at(0)?.slice(0, 3), third.at(-1)],
      [
        [3, 3, 'unpacking'],
        [3, 3, 'done', true],
      ],
    );
  });

  it('at the same time as another of the same image ends as well as that', async (t) => {
    const here = await rig(t);
    const source = here.source(image);
    const both = await Promise.all([1, 2].map(() => here.images.import({ source }, call)));
    assert.deepEqual(
      both.map(([each]) => each?.snapshot),
      [chainOf(image).at(-1), chainOf(image).at(-1)],
    );
    assert.equal((await snapshotsOf(here)).length, 3);
    assert.deepEqual(leftovers(here), []);
  });

  it('names images as the source does, as it is told, or by their digest', async (t) => {
    const here = await rig(t);
    const { name: _, ...nameless } = image;
    const [digest] = await here.images.import({ source: here.source(nameless) }, call);
    const [docker] = await here.images.import({ source: here.source({ ...image, name: 'a:1' }, dockerArchive) }, call);
    const [told] = await here.images.import({ source: here.source(image), name: 'own' }, call);
    assert.equal(digest?.name, digest?.digest);
    assert.deepEqual([docker?.name, told?.name], ['docker.io/library/a:1', 'own']);
    const names = (await here.images.list(call)).map(({ name }) => name);
    assert.deepEqual(names, ['docker.io/library/a:1', 'own', digest?.name]);
    assert.equal((await here.images.inspect('a:1', call)).name, 'docker.io/library/a:1');
    const two = path.join(here.directory, 'two');
    writeFileSync(two, archiveOf(ociLayout([image, { layers: [] }])));
    await assert.rejects(here.images.import({ source: two, name: 'own' }, call), { code: 'InvalidArgument' });
  });

  it('takes a directory or an archive of files as one layer', async (t) => {
    const here = await rig(t);
    const directory = path.join(here.directory, 'files');
    mkdirSync(path.join(directory, 'sub'), { recursive: true, mode: 0o711 });
    writeFileSync(path.join(directory, 'sub', 'file'), 'content', { mode: 0o600 });
    const archive = path.join(here.directory, 'files.tar');
    writeFileSync(archive, makeTar([dir('sub'), file('sub/file', 'content')]));
    const [copied] = await here.images.import({ source: directory, type: 'rootfs', name: 'copied' }, call);
    const [unpacked] = await here.images.import({ source: archive, type: 'rootfs', name: 'unpacked' }, call);
    assert.equal(unpacked?.snapshot, sha256(readFileSync(archive)));
    for (const each of [copied, unpacked]) {
      assert.deepEqual(
        (await look(here, each?.snapshot ?? '')).map((line) => line.split(' ')[0]),
        ['sub', 'sub/file'],
      );
      await here.images.remove(each?.name ?? '', call);
    }
    assert.deepEqual([await snapshotsOf(here), leftovers(here)], [[], []]);
    const missing = { source: path.join(here.directory, 'missing'), type: 'rootfs' } as const;
    await assert.rejects(here.images.import(missing, call), { code: 'NotFound' });
  });

  it('that fails leaves nothing but layers that are complete, and the image as it was', async (t) => {
    const here = await rig(t);
    await here.images.import({ source: here.source({ ...image, layers: image.layers.slice(0, 1) }) }, call);
    const before = await here.images.list(call);
    const files = ociLayout([image]);
    const config = [...files].find(([, bytes]) => bytes.includes('diff_ids'));
    assert.ok(config !== undefined);
    const bad = { ...image, layers: [...image.layers.slice(0, 1), [file('x', 'x'), { name: 'a/.wh..' }]] };
    await assert.rejects(here.images.import({ source: here.source(bad) }, call), {
      code: 'InvalidArgument',
      message: /^layer sha256:\w+: archive entry "a\/\.wh\.\.": is a whiteout of no name/,
    });
    assert.deepEqual(await here.images.list(call), before);
    assert.deepEqual([await snapshotsOf(here), leftovers(here)], [[chainOf(image)[0]], []]);
  });

  it('is refused when a layer is not what the configuration or its digest says', async (t) => {
    const here = await rig(t);
    const archive = makeTar([file('a', 'a')]);
    for (const compression of ['none', 'gzip'] as const) {
      const files = dockerArchive([{ layers: [[file('a', 'a')]], compression }]);
      const [layer, bytes] = [...files].find(([name]) => name.endsWith('layer.tar')) ?? ['', archive];
      const other = dockerArchive([{ layers: [[file('a', 'b')]], compression }]);
      const [, otherBytes] = [...other].find(([name]) => name.endsWith('layer.tar')) ?? ['', archive];
      assert.notDeepEqual(bytes, otherBytes);
      const source = writeFiles(path.join(here.directory, compression), files.set(layer, otherBytes));
      await assert.rejects(here.images.import({ source }, call), {
        code: 'FailedPrecondition',
        message: /diff ID|digest/,
      });
    }
    const files = ociLayout([{ layers: [[file('a', 'a')]] }]);
    const [name, bytes] = [...files].find(([, content]) => content.equals(archive)) ?? ['', archive];
    const changed = Buffer.from(bytes);
    changed[512] = 'b'.charCodeAt(0);
    const source = writeFiles(path.join(here.directory, 'oci'), files.set(name, changed));
    await assert.rejects(here.images.import({ source }, call), { code: 'FailedPrecondition' });
    assert.deepEqual([await snapshotsOf(here), leftovers(here)], [[], []]);
  });

  it('that is cancelled stops and leaves nothing', async (t) => {
    const here = await rig(t);
    const large = { layers: [Array.from({ length: 20 }, (_, index) => file(`f${index}`, 'x'.repeat(2_000_000)))] };
    const source = here.source(large);
    const controller = new AbortController();
    const onProgress = () => void delay(5).then(() => controller.abort());
    const importing = here.images.import({ source, onProgress }, { ...call, signal: controller.signal });
    await assert.rejects(importing, { code: 'Canceled' });
    assert.deepEqual([await snapshotsOf(here), leftovers(here)], [[], []]);
  });

  it('puts its layers under the lease of the call', async (t) => {
    const here = await rig(t);
    const leases = new Leases(here.store);
    await leases.create({ id: 'l' }, call);
    await here.images.import({ source: here.source(image) }, { ...call, lease: 'l' });
    const kept = (await leases.listResources('l', call)).map(({ id }) => id);
    assert.deepEqual(kept.sort(), [...chainOf(image)].sort());
    const source = here.source({ layers: [[file('z', 'z')]] });
    await assert.rejects(here.images.import({ source }, { ...call, lease: 'other' }), { code: 'NotFound' });
  });

  it('needs a namespace, a snapshotter that is there, and an absolute path', async (t) => {
    const { images } = await rig(t);
    await assert.rejects(images.import({ source: '/x' }), { code: 'FailedPrecondition' });
    const invalid = { code: 'InvalidArgument' };
    await assert.rejects(images.import({ source: '/x', snapshotter: 'other' }, call), invalid);
    await assert.rejects(images.import({ source: 'x' }, call), invalid);
    await assert.rejects(images.import({ source: '/x', name: '' }, call), invalid);
  });
});

describe('a recorded image', needsRoot, () => {
  it('keeps its top layer from being removed, and so all below it', async (t) => {
    const here = await rig(t);
    const [imported] = await here.images.import({ source: here.source(image) }, call);
    const [lowest = '', , top = ''] = chainOf(image);
    const refused = (message: RegExp) => ({ code: 'FailedPrecondition', message });
    const why = /cannot remove snapshot of image "docker\.io\/library\/made:v1"/;
    await assert.rejects(here.snapshotter.remove(top), refused(why));
    await assert.rejects(here.snapshotter.remove(lowest), refused(/with child/));
    assert.deepEqual([imported?.layers, imported?.platform], [3, 'linux/amd64']);
    const details = await here.images.inspect('made:v1', call);
    assert.deepEqual(details.chain, chainOf(image));
    assert.equal(sha256(details.manifest), details.digest);
    assert.ok(details.size > 0 && JSON.parse(details.config).rootfs.diff_ids.length === 3);
  });

  it('lets go of its layers when it is replaced or removed, but for those that others need', async (t) => {
    const here = await rig(t);
    const source = here.source(image);
    await here.images.import({ source }, call);
    await here.images.import({ source, name: 'second' }, call);
    await here.images.remove('made:v1', call);
    assert.equal((await snapshotsOf(here)).length, 3);
    await here.snapshotter.prepare({ key: 'work', parent: chainOf(image)[1] ?? '' });
    await here.images.remove('second', call);
    assert.deepEqual((await snapshotsOf(here)).sort(), ['active work', ...chainOf(image).slice(0, 2)].sort());
    await here.images.import({ source }, call);
    await here.images.import({ source: here.source({ ...image, layers: [[file('x', 'x')]] }) }, call);
    await here.snapshotter.remove(chainOf(image).at(-1) ?? '');
    await assert.rejects(here.images.inspect('second', call), { code: 'NotFound' });
    await assert.rejects(here.images.remove('second', call), { code: 'NotFound' });
  });

  it('is of one namespace, and may have no layers', async (t) => {
    const here = await rig(t);
    const [imported] = await here.images.import({ source: here.source({ layers: [], name: 'empty' }) }, call);
    assert.deepEqual([imported?.layers, imported?.snapshot, imported?.size], [0, '', 0]);
    assert.deepEqual(await here.images.list({ namespace: 'other' }), []);
    await assert.rejects(here.images.inspect('empty', { namespace: 'other' }), { code: 'NotFound' });
    await here.images.remove('empty', call);
    assert.deepEqual(await here.images.list(call), []);
  });
});
