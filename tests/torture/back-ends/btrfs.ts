import assert from 'node:assert/strict';
import path from 'node:path';
import { mustRun } from '../../support/run.js';
import { shownBy } from '../ledger.js';
import { type Located, located, namesIn, namesInRoot, type TorturedBackEnd } from './back-end.js';
import { readAll, writeInto } from './directories.js';
import { requireNoMounts } from './system.js';

const MIB = 2 ** 20;
const places = { active: 'active', view: 'view', committed: 'snapshots' } as const;
const filesOf = (root: string, { id, kind }: Located): string => path.join(root, places[kind], id);

/** Subvolumes, with quota. */
export const btrfs: TorturedBackEnd = {
  snapshotter: 'btrfs',
  needs: ['btrfs'],
  fileSystem: 'btrfs',
  points: ['btrfs.'],
  latest: { 'limits.set': 2, 'btrfs.leaving': 4, 'btrfs.left': 4, 'btrfs.discarding': 4, 'btrfs.discarded': 4 },
  callers: 8,
  enough: 6,
  inherits: true,
  limits: [32 * MIB, 48 * MIB, 64 * MIB],
  prepare: async (root) => void (await mustRun('btrfs', ['quota', 'enable', path.dirname(root)])),
  idOf: ([mount]) =>
    mount?.options
      .find((option) => option.startsWith('subvol='))
      ?.split('/')
      .at(-1),
  // The top directory of a copy is that of the original.
  inodes: (entry) => {
    if (entry.kind === 'view') return 0;
    return shownBy(entry).size - entry.below.size + (entry.parent === '' ? 1 : 0);
  },
  write: async (root, snapshot, file) => writeInto(filesOf(root, snapshot), file),
  read: async (root, snapshot) => readAll(filesOf(root, snapshot)),
  limitOf: async (root, snapshot) => limitOf(filesOf(root, snapshot)),
  async requireNothingElse(root, entries) {
    const there = Object.values(places).flatMap((place) =>
      namesIn(path.join(root, place)).map((name) => `${place}/${name}`),
    );
    const wanted = located(entries).map(({ id, kind }) => `${places[kind]}/${id}`);
    assert.deepEqual(there.sort(), wanted.sort(), 'subvolumes');
    assert.deepEqual(namesInRoot(root), Object.values(places).sort(), 'beside the snapshots');
    await requireNoMounts(root);
  },
};

async function limitOf(subvolume: string): Promise<number | undefined> {
  const shown = await mustRun('btrfs', ['qgroup', 'show', '--raw', '-f', '-e', subvolume]);
  const limit = shown.trim().split('\n').at(-1)?.trim().split(/\s+/)[3];
  return limit === 'none' ? undefined : Number(limit);
}
