import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import { temporaryMount } from '../../../src/linux/index.js';
import { loopFilesBelow } from '../../support/mounts.js';
import { until } from '../../support/until.js';
import { located, namesIn, namesInRoot, type TorturedBackEnd } from './back-end.js';
import { readAll, writeInto } from './directories.js';
import { requireNoMounts } from './system.js';

const MIB = 2 ** 20;
const imageOf = (root: string, id: string): string => path.join(root, 'snapshots', id);

function mounted(root: string, id: string, access: 'ro' | 'rw') {
  return temporaryMount([{ type: 'ext4', source: imageOf(root, id), target: '', options: ['loop', access] }]);
}

/** Images with a file system each, which share blocks on xfs. The one to start from is made again in each life. */
export const blockfile: TorturedBackEnd = {
  snapshotter: 'blockfile',
  needs: ['xfs', 'ext4'],
  fileSystem: 'xfs',
  settings: 'default_size = "16MiB"\nrecreate_scratch = true',
  points: ['blockfile.'],
  latest: {
    'limits.set': 2,
    'store.committed': 6,
    'store.synced': 6,
    'blockfile.scratch': 1,
    'blockfile.discarding': 2,
    'blockfile.discarded': 2,
  },
  callers: 6,
  enough: 4,
  inherits: true,
  limits: [18 * MIB, 24 * MIB, 32 * MIB],
  idOf: ([mount]) => (mount === undefined ? undefined : path.basename(mount.source)),
  inodes: ({ kind }) => (kind === 'view' ? 0 : 1),
  async write(root, { id }, file) {
    await using mount = await mounted(root, id, 'rw');
    writeInto(mount.path, file);
  },
  async read(root, { id }) {
    await using mount = await mounted(root, id, 'ro');
    return readAll(mount.path);
  },
  limitOf: async (root, { id }) => statSync(imageOf(root, id)).size,
  async requireNothingElse(root, entries) {
    const ids = located(entries).map(({ id }) => id);
    assert.deepEqual(namesIn(path.join(root, 'snapshots')), ids.sort(), 'images on disk');
    const beside = namesInRoot(root).filter((name) => !['mounts', 'scratch', 'snapshots'].includes(name));
    assert.deepEqual(beside, [], 'beside the snapshots');
    assert.deepEqual(namesIn(path.join(root, 'mounts')), [], 'mount points');
    // What was mounted here to write into it lets go a little later.
    await until('no loop device has an image', async () => (await loopFilesBelow(root)).length === 0);
    await requireNoMounts(root);
  },
};
