import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import {
  createSubvolume,
  deleteSubvolumes,
  setReadOnly,
  snapshotSubvolume,
  subvolumeInfo,
  withSubvolume,
  withSubvolumeNow,
} from '../../../src/linux/index.js';
import { besideLayers, chain, foreign, treeDamages } from './common.js';
import type { Damage } from './damage.js';

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
    name: 'of an active snapshot, whose content nobody can make again',
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
