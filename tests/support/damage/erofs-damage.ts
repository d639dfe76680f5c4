import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mountAll, unmountAll } from '../../../src/linux/index.js';
import { chain, changeByte, emptyLowerDamages, foreign, orphan } from './common.js';
import type { Damage, Placed } from './damage.js';

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

/** Snapshots that are based on a layer keep what they have mounted, so it is mounted again. */
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
    name: 'of an active snapshot, whose content nobody can make again',
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
    name: 'of a layer that snapshots are based on',
    make: (_, { base }) => unmountAll(layerPoint(base), { detach: true }),
    heals: true,
  },
  {
    kind: 'stray-mount',
    name: 'of a layer that nothing is based on',
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
  ...emptyLowerDamages,
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
    fileList: true,
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
    fileList: true,
  },
  {
    kind: 'unreadable-file-list',
    name: 'a file list without its end',
    make: (_, { top }) => truncateSync(path.join(top.directory, 'file-list'), 100),
    left: ['unreadable-file-list'],
    fileList: true,
  },
];
