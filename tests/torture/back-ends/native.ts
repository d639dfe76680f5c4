import assert from 'node:assert/strict';
import path from 'node:path';
import { shownBy } from '../ledger.js';
import { located, namesIn, namesInRoot, type TorturedBackEnd } from './back-end.js';
import { readAll, writeInto } from './directories.js';
import { requireNoMounts } from './system.js';

const filesOf = (root: string, id: string): string => path.join(root, 'snapshots', id);

/** Full copies, on xfs on shared blocks. */
export const native: TorturedBackEnd = {
  snapshotter: 'native',
  needs: ['xfs'],
  fileSystem: 'xfs',
  points: ['native.'],
  latest: { 'native.made': 8, 'native.copied': 12, 'native.discarding': 4, 'native.discarded': 4 },
  callers: 16,
  enough: 8,
  inherits: true,
  // A view over a parent shows the parent's own files, and has none.
  idOf: ([mount]) => (mount === undefined ? undefined : path.basename(mount.source)),
  inodes: (entry) => (entry.kind === 'view' ? 0 : shownBy(entry).size + 1),
  write: async (root, { id }, file) => writeInto(filesOf(root, id), file),
  read: async (root, { id }) => readAll(filesOf(root, id)),
  async requireNothingElse(root, entries) {
    const ids = located(entries).map(({ id }) => id);
    assert.deepEqual(namesIn(path.join(root, 'snapshots')), ids.sort(), 'copies on disk');
    assert.deepEqual(namesInRoot(root), ['snapshots'], 'beside the snapshots');
    await requireNoMounts(root);
  },
};
