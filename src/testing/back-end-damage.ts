/** Damage to the files of the back ends beside overlay. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createSubvolume,
  deleteSubvolumes,
  mountAll,
  setReadOnly,
  snapshotSubvolume,
  subvolumeInfo,
  temporaryMount,
  unmountAll,
  withSubvolume,
  withSubvolumeNow,
} from '../linux/index.js';
import type { Damage, Placed } from './check-damage.js';

const chain = ['top', 'work', 'look'] as const;

/** Writes a byte somewhere in a file. */
function changeByte(file: string, offset: number): void {
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, Buffer.of(0xa5), 0, 1, offset);
  } finally {
    closeSync(fd);
  }
}

const orphan: Damage = {
  kind: 'orphan-directory',
  name: 'with an id of nobody',
  make: (root) => {
    mkdirSync(path.join(root.snapshots, '903'), { recursive: true });
    writeFileSync(path.join(root.snapshots, '903', 'file'), 'precious');
  },
  heals: true,
};

const foreign: Damage = {
  kind: 'foreign-entry',
  name: 'a file of somebody',
  make: (root) => writeFileSync(path.join(root.snapshots, 'notes.txt'), 'precious'),
  heals: true,
};

/** The same, for a back end whose layers are trees that can be written to, by root at least. */
function treeDamages(manifest: (root: string, placed: Placed) => string): readonly Damage[] {
  return [
    {
      kind: 'content-missing',
      name: 'a file that is gone from a layer',
      make: (_, { top }) => rmSync(path.join(top.directory, 'etc', 'file')),
      also: ['content-differs', 'usage-differs'],
      gone: chain,
      manifest: true,
    },
    {
      kind: 'content-added',
      name: 'a file that came into a layer',
      make: (_, { top }) => writeFileSync(path.join(top.directory, 'etc', 'more'), ''),
      also: ['content-differs', 'usage-differs'],
      gone: chain,
      manifest: true,
    },
    {
      kind: 'content-differs',
      name: 'a byte in a file of a layer',
      make: (_, { top }) => writeFileSync(path.join(top.directory, 'etc', 'file'), 'Of the top'),
      gone: chain,
      manifest: true,
    },
    {
      kind: 'unreadable-manifest',
      name: 'a manifest without its end',
      make: (root, { top }) => truncateSync(manifest(root.root, top), 100),
      left: ['unreadable-manifest'],
      manifest: true,
    },
  ];
}

const besideLayers = (root: string, { id }: Placed) => path.join(root, 'manifests', String(id));

/** Damage to full copies. */
export const nativeDamages: readonly Damage[] = [
  {
    kind: 'missing-directory',
    name: 'of a layer',
    make: (_, { top }) => rmSync(top.directory, { recursive: true }),
    gone: chain,
  },
  {
    kind: 'missing-directory',
    name: 'of an active snapshot, whose content nobody can make anew',
    make: (_, { lone }) => rmSync(lone.directory, { recursive: true }),
    left: ['missing-directory'],
  },
  {
    kind: 'wrong-type',
    name: 'a link in the place of a layer',
    make: (_, { top }) => {
      rmSync(top.directory, { recursive: true });
      symlinkSync('/', top.directory);
    },
    gone: chain,
  },
  {
    kind: 'usage-differs',
    name: 'a file that was added to a layer',
    make: (_, { base }) => writeFileSync(path.join(base.directory, 'more'), ''),
    left: ['usage-differs'],
  },
  orphan,
  foreign,
  ...treeDamages(besideLayers),
];

async function deleteSubvolume(place: string): Promise<void> {
  const id = await withSubvolume(place, (_, info) => info.id);
  const fd = openSync(path.dirname(place), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await deleteSubvolumes(fd, id);
  } finally {
    closeSync(fd);
  }
}

function lock(place: string, readOnly: boolean): void {
  withSubvolumeNow(place, (fd) => setReadOnly(fd, readOnly));
}

/** A layer is opened for the damage, and locked again so that it does not show. */
function inLayer(damage: Damage): Damage {
  return {
    ...damage,
    also: (damage.also ?? []).filter((kind) => kind !== 'usage-differs'),
    make: async (root, there) => {
      const isLayer = withSubvolumeNow(there.top.directory, subvolumeInfo).readOnly;
      if (isLayer) lock(there.top.directory, false);
      await damage.make(root, there);
      if (isLayer) lock(there.top.directory, true);
    },
  };
}

/** Damage to subvolumes. */
export const btrfsDamages: readonly Damage[] = [
  { kind: 'missing-directory', name: 'of a layer', make: (_, { top }) => deleteSubvolume(top.directory), gone: chain },
  {
    kind: 'missing-directory',
    name: 'of an active snapshot, whose content nobody can make anew',
    make: (_, { lone }) => deleteSubvolume(lone.directory),
    left: ['missing-directory'],
  },
  {
    kind: 'wrong-type',
    name: 'a directory in the place of a layer',
    make: async (_, { top }) => {
      await deleteSubvolume(top.directory);
      mkdirSync(top.directory);
    },
    gone: chain,
  },
  {
    kind: 'writable-layer',
    name: 'a layer that is not read-only',
    make: (_, { top }) => lock(top.directory, false),
    heals: true,
  },
  {
    kind: 'wrong-origin',
    name: 'an active snapshot that was made from another layer',
    make: async (_, { work, base }) => {
      await deleteSubvolume(work.directory);
      const directory = path.dirname(work.directory);
      await snapshotSubvolume({ source: base.directory, directory, name: path.basename(work.directory) });
    },
    left: ['wrong-origin'],
  },
  {
    kind: 'orphan-directory',
    name: 'a layer, read-only, with an id of nobody',
    make: (root, { base }) => {
      return snapshotSubvolume({ source: base.directory, directory: root.snapshots, name: '903', readOnly: true });
    },
    heals: true,
  },
  {
    kind: 'orphan-directory',
    name: 'an active subvolume with an id of nobody',
    make: (root) => createSubvolume(path.join(root.root, 'active'), '904'),
    heals: true,
  },
  foreign,
  ...treeDamages(besideLayers).map(inLayer),
];

/** Changes what is in an image, as somebody would who mounts it. */
async function changeImage(type: string, image: string, change: (tree: string) => void): Promise<void> {
  await using mounted = await temporaryMount([{ type, source: image, target: '', options: ['loop'] }]);
  change(mounted.path);
}

/** The magic number of ext4. */
const EXT4_MAGIC_AT = 1024 + 0x38;
/** Half of it is the number of bytes that its superblock wants. */
const PART_OF_IMAGE = 8 * 2 ** 20;

/** Damage to images that are copied. */
export const blockfileDamages: readonly Damage[] = [
  { kind: 'missing-image', name: 'of a layer', make: (_, { top }) => rmSync(top.directory), gone: chain },
  {
    kind: 'missing-image',
    name: 'of an active snapshot, whose content nobody can make anew',
    make: (_, { lone }) => rmSync(lone.directory),
    left: ['missing-image'],
  },
  {
    kind: 'damaged-image',
    name: 'a layer that is no file system any more',
    make: (_, { top }) => changeByte(top.directory, EXT4_MAGIC_AT),
    gone: chain,
  },
  {
    kind: 'damaged-image',
    name: 'a layer without its end',
    make: (_, { top }) => truncateSync(top.directory, PART_OF_IMAGE),
    gone: chain,
  },
  {
    kind: 'damaged-image',
    name: 'an active snapshot without its end',
    make: (_, { lone }) => truncateSync(lone.directory, PART_OF_IMAGE),
    left: ['damaged-image'],
  },
  {
    kind: 'wrong-type',
    name: 'a directory in the place of a layer',
    make: (_, { top }) => {
      rmSync(top.directory);
      mkdirSync(top.directory);
    },
    gone: chain,
  },
  {
    kind: 'wrong-mode',
    name: 'an image that all can write to',
    make: (_, { top }) => chmodSync(top.directory, 0o666),
    heals: true,
  },
  {
    kind: 'damaged-scratch',
    name: 'an empty image that is none',
    make: (root) => changeByte(path.join(root.root, 'scratch'), EXT4_MAGIC_AT),
    touches: /^scratch /,
  },
  {
    kind: 'stray-mount',
    name: 'what a resizing left',
    make: async (root, { base }) => {
      const point = path.join(root.root, 'mounts', 'left');
      mkdirSync(point, { recursive: true });
      const options = ['loop', 'ro', 'noload'];
      await mountAll([{ type: 'ext4', source: base.directory, target: '', options }], point);
    },
    closed: true,
    touches: /^mounts /,
  },
  orphan,
  foreign,
  {
    kind: 'content-missing',
    name: 'a file that is gone from a layer',
    make: (_, { top }) => changeImage('ext4', top.directory, (tree) => rmSync(path.join(tree, 'etc', 'file'))),
    also: ['content-differs'],
    gone: chain,
    manifest: true,
  },
  {
    kind: 'content-added',
    name: 'a file that came into a layer',
    make: (_, { top }) => changeImage('ext4', top.directory, (tree) => writeFileSync(path.join(tree, 'more'), '')),
    also: ['content-differs'],
    gone: chain,
    manifest: true,
  },
  {
    kind: 'unreadable-manifest',
    name: 'a manifest without its end',
    make: (root, { top }) => truncateSync(besideLayers(root.root, top), 100),
    left: ['unreadable-manifest'],
    manifest: true,
  },
];

const image = ({ directory }: Placed) => path.join(directory, 'layer.erofs');
const layerPoint = ({ directory }: Placed) => path.join(directory, 'layer');

/** Packs another tree in the place of a layer. */
function repack(file: string, fill: (tree: string) => void): void {
  const tree = mkdtempSync(path.join(tmpdir(), 'strata-repack-'));
  try {
    chmodSync(tree, 0o755);
    fill(tree);
    rmSync(file);
    execFileSync('mkfs.erofs', ['--quiet', file, tree]);
    chmodSync(file, 0o644);
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** Those who stand on a layer keep what they have mounted, so it is mounted anew. */
async function mountAnew(placed: Placed): Promise<void> {
  await unmountAll(layerPoint(placed), { detach: true });
  const mount = { type: 'erofs', source: image(placed), target: '', options: ['loop', 'ro'] };
  await mountAll([mount], layerPoint(placed));
}

const EROFS_MAGIC_AT = 1024;
const EROFS_BUILD_TIME_AT = 1024 + 24;

/** Damage to layers that are read-only images. */
export const erofsDamages: readonly Damage[] = [
  { kind: 'missing-image', name: 'of a layer', make: (_, { top }) => rmSync(image(top)), gone: chain },
  {
    kind: 'missing-directory',
    name: 'of an active snapshot, whose content nobody can make anew',
    make: (_, { lone }) => rmSync(lone.directory, { recursive: true }),
    left: ['missing-directory'],
  },
  {
    kind: 'missing-directory',
    name: 'of a view',
    make: (_, { look }) => rmdirSync(look.directory),
  },
  {
    kind: 'missing-files-directory',
    name: 'of an active snapshot',
    make: (_, { lone }) => rmSync(path.join(lone.directory, 'fs'), { recursive: true }),
    left: ['missing-files-directory'],
  },
  {
    kind: 'missing-work-directory',
    name: 'of an active snapshot',
    make: (_, { work }) => rmSync(path.join(work.directory, 'work'), { recursive: true }),
  },
  {
    kind: 'damaged-image',
    name: 'a layer that is no file system any more',
    make: (_, { top }) => changeByte(image(top), EROFS_MAGIC_AT),
    gone: chain,
  },
  {
    kind: 'damaged-image',
    name: 'a superblock with another checksum',
    make: (_, { top }) => changeByte(image(top), EROFS_BUILD_TIME_AT),
    gone: chain,
  },
  {
    kind: 'wrong-type',
    name: 'a link in the place of an image',
    make: (_, { top }) => {
      renameSync(image(top), `${image(top)}.moved`);
      symlinkSync('layer.erofs.moved', image(top));
    },
    gone: chain,
  },
  {
    kind: 'wrong-mode',
    name: 'an image that all can write to',
    make: (_, { top }) => chmodSync(image(top), 0o666),
    heals: true,
  },
  {
    kind: 'leftover',
    name: 'an image that was not finished',
    make: (_, { top }) => writeFileSync(`${image(top)}.part`, 'half of'),
    heals: true,
  },
  {
    kind: 'leftover',
    name: 'an image of an active snapshot that was not finished',
    make: (_, { work }) => writeFileSync(`${image(work)}.part`, 'half of'),
    closed: true,
    heals: true,
  },
  {
    kind: 'missing-mount',
    name: 'of a layer that snapshots stand on',
    make: (_, { base }) => unmountAll(layerPoint(base), { detach: true }),
    heals: true,
  },
  {
    kind: 'stray-mount',
    name: 'of a layer that nothing stands on',
    make: async ({ snapshotter }, { top }) => {
      await snapshotter.remove('work');
      await snapshotter.remove('look');
      await snapshotter.cleanup();
      if (!existsSync(layerPoint(top))) mkdirSync(layerPoint(top));
      await mountAnew(top);
    },
    gone: ['work', 'look'],
  },
  orphan,
  foreign,
  {
    kind: 'content-differs',
    name: 'an image of other files',
    make: async (_, { top }) => {
      repack(image(top), (tree) => {
        mkdirSync(path.join(tree, 'etc'));
        writeFileSync(path.join(tree, 'etc', 'file'), 'Of the top');
      });
      await mountAnew(top);
    },
    gone: chain,
    manifest: true,
  },
  {
    kind: 'content-missing',
    name: 'an image that lacks a file',
    make: async (_, { top }) => {
      repack(image(top), () => undefined);
      await mountAnew(top);
    },
    also: ['content-differs'],
    gone: chain,
    manifest: true,
  },
  {
    kind: 'unreadable-manifest',
    name: 'a manifest without its end',
    make: (_, { top }) => truncateSync(path.join(top.directory, 'manifest'), 100),
    left: ['unreadable-manifest'],
    manifest: true,
  },
];
