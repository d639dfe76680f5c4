import assert from 'node:assert/strict';
import path from 'node:path';
import type { Mount } from '../../../src/index.js';
import { until } from '../../support/until.js';
import { shownBy } from '../ledger.js';
import { type Located, located, namesIn, namesInRoot, type TorturedBackEnd, twoLevels } from './back-end.js';
import { readAll, writeInto } from './directories.js';
import { requireNoMounts } from './system.js';

const filesOf = (root: string, id: string): string => path.join(root, 'snapshots', id, 'fs');

/** Directories, put over others by the kernel; two layers are made flat already. */
export const overlay: TorturedBackEnd = {
  snapshotter: 'overlayfs',
  needs: [],
  settings: 'upperdir_label = true\nflatten_depth = 1',
  hasFileLists: true,
  points: ['overlay.', 'flat.'],
  latest: {
    'overlay.made': 4,
    'overlay.discarding': 4,
    'overlay.discarded': 4,
    'flat.merged': 2,
    'flat.named': 2,
    'flat.dropped': 1,
  },
  callers: 16,
  enough: 10,
  inherits: false,
  idOf: overlayIdOf,
  inodes: ({ kind, files }) => (kind === 'view' ? 0 : files.size + 1),
  write: async (root, { id }, file) => writeInto(filesOf(root, id), file),
  read: async (root, { id }) => readAll(filesOf(root, id)),
  async requireNothingElse(root, entries) {
    const all = located(entries);
    // A deep check looks at file lists; a commit that was not recorded can have left one, which the next one replaces.
    const there = twoLevels(path.join(root, 'snapshots')).filter((name) => !name.endsWith('/file-list'));
    assert.deepEqual(there, all.flatMap(expectedOf).sort(), 'files of overlayfs');
    await requireOnlyFlat(root, all);
    assert.deepEqual(
      namesInRoot(root).filter((name) => !['empty', 'flat', 'ready', 'snapshots'].includes(name)),
      [],
      'beside the snapshots',
    );
    await requireNoMounts(root);
  },
};

/** The directory that is written to through mounts: the upper one, or what a bind mount shows. */
export function overlayDirectoryOf([mount]: readonly Mount[]): string | undefined {
  const upper = mount?.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  return upper ?? (mount?.type === 'bind' ? mount.source : undefined);
}

/** The id in the path of that. */
export function overlayIdOf(mounts: readonly Mount[]): string | undefined {
  const files = overlayDirectoryOf(mounts);
  return files?.endsWith('/fs') === true ? path.basename(path.dirname(files)) : undefined;
}

function expectedOf({ id, kind }: Located): string[] {
  const inside = kind === 'view' ? ['fs'] : ['fs', 'work'];
  return [id, ...inside.map((name) => `${id}/${name}`)];
}

/** What is half made is deleted in the background; what is made belongs to a layer, and shows all below it. */
async function requireOnlyFlat(root: string, all: readonly Located[]): Promise<void> {
  const directory = path.join(root, 'flat');
  const layers = new Map(all.filter(({ kind }) => kind === 'committed').map((layer) => [layer.id, layer]));
  await until('nothing half made is left of deep chains', () =>
    namesIn(directory).every((name) => layers.has(/^(\d+)-\d+$/.exec(name)?.[1] ?? '')),
  );
  for (const name of namesIn(directory)) {
    const layer = layers.get(name.split('-')[0] ?? '');
    assert.deepEqual(readAll(path.join(directory, name)), layer && shownBy(layer), `what ${name} shows`);
  }
}
