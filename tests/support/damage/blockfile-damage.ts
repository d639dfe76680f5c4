import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { mountAll, temporaryMount } from '../../../src/linux/index.js';
import { besideLayers, chain, changeByte, foreign, orphan } from './common.js';
import type { Damage } from './damage.js';

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
    name: 'of an active snapshot, whose content nobody can make again',
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
    fileList: true,
  },
  {
    kind: 'content-added',
    name: 'a file that came into a layer',
    make: (_, { top }) => changeImage('ext4', top.directory, (tree) => writeFileSync(path.join(tree, 'more'), '')),
    also: ['content-differs'],
    gone: chain,
    fileList: true,
  },
  {
    kind: 'unreadable-file-list',
    name: 'a file list without its end',
    make: (root, { top }) => truncateSync(besideLayers(root.root, top), 100),
    left: ['unreadable-file-list'],
    fileList: true,
  },
];
