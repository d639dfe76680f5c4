import assert from 'node:assert/strict';
import path from 'node:path';
import { temporaryMount } from '../../../src/linux/index.js';
import { loopFilesBelow } from '../../support/mounts.js';
import { until } from '../../support/until.js';
import type { Entry } from '../ledger.js';
import { located, namesInRoot, type TorturedBackEnd, twoLevels } from './back-end.js';
import { readAll, writeInto } from './directories.js';
import { overlayIdOf } from './overlay.js';
import { requireMounts } from './system.js';

const upperOf = (root: string, id: string): string => path.join(root, 'snapshots', id, 'fs');
const imageOf = (root: string, id: string): string => path.join(root, 'snapshots', id, 'layer.erofs');
const pointOf = (root: string, id: string): string => path.join(root, 'snapshots', id, 'layer');

/** Read-only images under overlay; each is mounted as long as something is based on it. */
export const erofs: TorturedBackEnd = {
  snapshotter: 'erofs',
  needs: ['erofs', 'overlay'],
  // Without a default size nothing is formatted.
  points: ['made', 'held', 'packed', 'named', 'leaving', 'left', 'unmounted', 'discarded'].map(
    (name) => `erofs.${name}`,
  ),
  latest: {
    'erofs.made': 12,
    'erofs.held': 12,
    'erofs.packed': 6,
    'erofs.named': 6,
    'erofs.leaving': 4,
    'erofs.left': 4,
    'erofs.unmounted': 4,
    'erofs.discarded': 4,
  },
  callers: 8,
  enough: 6,
  inherits: false,
  idOf: overlayIdOf,
  inodes: ({ kind, files }) => ({ view: 0, committed: 1, active: files.size + 1 })[kind],
  write: async (root, { id }, file) => writeInto(upperOf(root, id), file),
  async read(root, { id, kind }) {
    if (kind !== 'committed') return readAll(upperOf(root, id));
    await using mount = await temporaryMount([
      { type: 'erofs', source: imageOf(root, id), target: '', options: ['ro', 'loop'] },
    ]);
    return readAll(mount.path);
  },
  async requireNothingElse(root, entries) {
    const stoodOn = layersThatAreStoodOn(entries);
    const known = located(entries).flatMap(({ id, kind }) => {
      const inside = { active: ['fs', 'work'], view: ['fs'], committed: ['layer.erofs'] }[kind];
      return [id, ...[...inside, ...(stoodOn.has(id) ? ['layer'] : [])].map((name) => `${id}/${name}`)];
    });
    const there = twoLevels(path.join(root, 'snapshots'));
    // A view over layers has an empty directory, and its mounts do not tell which.
    const views = [...entries.values()].filter(({ kind, id }) => kind === 'view' && id === undefined).length;
    const others = there.filter((name) => !known.includes(name));
    assert.equal(others.filter((name) => !name.includes('/')).length, views, `directories of views: ${others}`);
    assert.deepEqual(
      there.filter((name) => known.includes(name) || name.includes('/')),
      known.sort(),
      'files of erofs',
    );
    assert.deepEqual(namesInRoot(root), ['empty', 'snapshots'], 'beside the snapshots');
    await requireMounts(
      root,
      [...stoodOn].map((id) => pointOf(root, id)),
    );
    const images = [...stoodOn].map((id) => imageOf(root, id));
    await until('no loop device has another image', async () =>
      (await loopFilesBelow(root)).every((file) => images.includes(file)),
    );
  },
};

/** The ids of layers below snapshots that are not committed. */
function layersThatAreStoodOn(entries: ReadonlyMap<string, Entry>): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { kind, parent } of entries.values()) {
    let name = kind === 'committed' ? '' : parent;
    while (name !== '') {
      const layer = entries.get(name);
      assert.ok(layer?.id !== undefined, `${name} is there`);
      ids.add(layer.id);
      name = layer.parent;
    }
  }
  return ids;
}
