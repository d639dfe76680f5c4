import type { CheckedFiles, DriverChecker } from '../../snapshots/index.js';
import { canShareBlocks, diskUsage } from '../../trees/index.js';
import { contentAt, layoutChecker, type Measured, type Wanted } from '../kit/checker/index.js';
import { fileListPath } from '../kit/file-lists.js';
import { snapshotDirectory, snapshotsDirectory, treeOf } from './mounts.js';

/** The mode of the top of a tree without a parent. */
export const TREE_MODE = 0o755;

/** Looks at the files below the root of a native driver, whether or not one is open. Nothing is made. */
export function nativeChecker(root: string): DriverChecker {
  return layoutChecker({
    places: [snapshotsDirectory(root)],
    pathsOf: (id) => [snapshotDirectory(root, id), fileListPath(root, id)],
    layerPath: (id) => snapshotDirectory(root, id),
    wanted: (snapshot) => wantedOf(root, snapshot),
    measure: ({ id }, signal) => measure(root, id, signal),
    content: async ({ id }) => contentAt(snapshotDirectory(root, id), fileListPath(root, id)),
  });
}

function wantedOf(root: string, snapshot: CheckedFiles): readonly Wanted[] {
  const { id, kind } = snapshot;
  // A view over a parent shows the parent's own tree.
  if (treeOf(snapshot) !== id) return [];
  const remake = kind === 'view' ? TREE_MODE : undefined;
  const path = snapshotDirectory(root, id);
  return [{ path, type: 'directory', missing: 'missing-directory', mode: undefined, remake }];
}

/** Blocks that copies of the layer share by now were the layer's own when it was committed. */
async function measure(root: string, id: string, signal: AbortSignal | undefined): Promise<Measured> {
  const { size, inodes } = await diskUsage(snapshotDirectory(root, id), { signal });
  return canShareBlocks(root) ? { inodes } : { size, inodes };
}
