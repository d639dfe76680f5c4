import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chain, emptyLowerDamages, foreign, missingDirectories } from './common.js';
import type { Damage, Placed } from './damage.js';

const inside = ({ directory }: Placed, ...names: string[]): string => path.join(directory, ...names);

/** Damage to the files of overlayfs. */
export const overlayDamages: readonly Damage[] = [
  ...missingDirectories,
  {
    kind: 'missing-directory',
    name: 'of a view',
    make: (_, { look }) => rmSync(look.directory, { recursive: true }),
  },
  {
    kind: 'missing-files-directory',
    name: 'of a layer',
    make: (_, { top }) => rmSync(inside(top, 'fs'), { recursive: true }),
    gone: chain,
  },
  {
    kind: 'missing-work-directory',
    name: 'of an active snapshot',
    make: (_, { work }) => rmSync(inside(work, 'work'), { recursive: true }),
  },
  {
    kind: 'wrong-type',
    name: 'a link in the place of a layer',
    make: (_, { top }) => {
      rmSync(inside(top, 'fs'), { recursive: true });
      symlinkSync('/', inside(top, 'fs'));
    },
    gone: chain,
  },
  {
    kind: 'orphan-directory',
    name: 'with an id of nobody',
    make: (root) => {
      mkdirSync(path.join(root.snapshots, '903', 'fs'), { recursive: true });
      writeFileSync(path.join(root.snapshots, '903', 'fs', 'file'), 'precious');
    },
    heals: true,
  },
  foreign,
  ...emptyLowerDamages,
  {
    kind: 'wrong-mode',
    name: 'a directory that all can look into',
    make: (_, { work }) => chmodSync(work.directory, 0o755),
    heals: true,
  },
  {
    kind: 'usage-differs',
    name: 'a file that was added to a layer',
    make: (_, { base }) => writeFileSync(inside(base, 'fs', 'more'), ''),
    left: ['usage-differs'],
  },
  {
    kind: 'content-missing',
    name: 'a file that is gone from a layer',
    make: (_, { top }) => rmSync(inside(top, 'fs', 'etc', 'file')),
    also: ['content-differs', 'usage-differs'],
    gone: chain,
    fileList: true,
  },
  {
    kind: 'content-added',
    name: 'a file that came into a layer',
    make: (_, { top }) => writeFileSync(inside(top, 'fs', 'etc', 'more'), ''),
    also: ['content-differs', 'usage-differs'],
    gone: chain,
    fileList: true,
  },
  {
    kind: 'content-differs',
    name: 'a byte in a file of a layer',
    make: (_, { top }) => writeFileSync(inside(top, 'fs', 'etc', 'file'), 'Of the top'),
    gone: chain,
    fileList: true,
  },
  {
    kind: 'unreadable-file-list',
    name: 'a file list without its end',
    make: (_, { top }) => truncateSync(inside(top, 'file-list'), 100),
    left: ['unreadable-file-list'],
    fileList: true,
  },
  {
    kind: 'wrong-owner',
    name: 'a work directory of somebody else',
    make: (_, { work }) => chownSync(inside(work, 'work'), 1234, 1234),
    heals: true,
    root: true,
  },
];
