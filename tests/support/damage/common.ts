import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Damage, Placed } from './damage.js';

/** What is gone with a layer that others are based on. */
export const chain = ['top', 'work', 'look'] as const;

/** Writes a byte somewhere in a file. */
export function changeByte(file: string, offset: number): void {
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, Buffer.of(0xa5), 0, 1, offset);
  } finally {
    closeSync(fd);
  }
}

/** Damage to the directory over which layers are unpacked that get their parents at their commits. */
export const emptyLowerDamages: readonly Damage[] = [
  {
    kind: 'missing-empty-directory',
    name: 'below layers that are being unpacked',
    make: ({ root }) => rmdirSync(path.join(root, 'empty')),
    heals: true,
  },
  {
    kind: 'leftover',
    name: 'a file in the directory that must stay empty',
    make: ({ root }) => writeFileSync(path.join(root, 'empty', 'file'), ''),
    heals: true,
  },
  {
    kind: 'wrong-mode',
    name: 'the empty directory, closed to the users of containers',
    make: ({ root }) => chmodSync(path.join(root, 'empty'), 0o700),
    heals: true,
  },
];

/** Directories that are gone. */
export const missingDirectories: readonly Damage[] = [
  {
    kind: 'missing-directory',
    name: 'of a layer',
    make: (_, { top }) => rmSync(top.directory, { recursive: true }),
    gone: chain,
  },
  {
    kind: 'missing-directory',
    name: 'of an active snapshot, whose content nobody can make again',
    make: (_, { lone }) => rmSync(lone.directory, { recursive: true }),
    left: ['missing-directory'],
  },
];

/** Files under an id that was never given out. */
export const orphan: Damage = {
  kind: 'orphan-directory',
  name: 'with an id of nobody',
  make: (root) => {
    mkdirSync(path.join(root.snapshots, '903'), { recursive: true });
    writeFileSync(path.join(root.snapshots, '903', 'file'), 'precious');
  },
  heals: true,
};

/** Something that is not of a snapshot. */
export const foreign: Damage = {
  kind: 'foreign-entry',
  name: 'a file of somebody',
  make: (root) => writeFileSync(path.join(root.snapshots, 'notes.txt'), 'precious'),
  heals: true,
};

/** Damage to the content of layers, for a back end whose layers are trees that can be written to, by root at least. */
export function treeDamages(fileList: (root: string, placed: Placed) => string): readonly Damage[] {
  return [
    {
      kind: 'content-missing',
      name: 'a file that is gone from a layer',
      make: (_, { top }) => rmSync(path.join(top.directory, 'etc', 'file')),
      also: ['content-differs', 'usage-differs'],
      gone: chain,
      fileList: true,
    },
    {
      kind: 'content-added',
      name: 'a file that came into a layer',
      make: (_, { top }) => writeFileSync(path.join(top.directory, 'etc', 'more'), ''),
      also: ['content-differs', 'usage-differs'],
      gone: chain,
      fileList: true,
    },
    {
      kind: 'content-differs',
      name: 'a byte in a file of a layer',
      make: (_, { top }) => writeFileSync(path.join(top.directory, 'etc', 'file'), 'Of the top'),
      gone: chain,
      fileList: true,
    },
    {
      kind: 'unreadable-file-list',
      name: 'a file list without its end',
      make: (root, { top }) => truncateSync(fileList(root.root, top), 100),
      left: ['unreadable-file-list'],
      fileList: true,
    },
  ];
}

/** Where file lists lie that are not in the directory of their layer. */
export const besideLayers = (root: string, { id }: Placed) => path.join(root, 'file-lists', String(id));
