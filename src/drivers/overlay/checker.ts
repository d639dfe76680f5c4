import type { CheckedFiles, DriverChecker } from '../../snapshots/index.js';
import { diskUsage } from '../../trees/index.js';
import { contentAt, layoutChecker, type Wanted } from '../kit/checker/index.js';
import { inspectEmptyLower, repairEmptyLower } from '../kit/empty-lower.js';
import { fileListOf, filesDirectory, MODES, snapshotDirectory, snapshotsDirectory, workDirectory } from './files.js';

/** Looks at the files below the root of an overlay driver. Makes nothing. @param options Whether a driver is open. */
export function overlayChecker(root: string, { open }: { readonly open: boolean }): DriverChecker {
  return layoutChecker({
    places: [snapshotsDirectory(root)],
    pathsOf: (id) => [snapshotDirectory(root, id)],
    layerPath: (id) => filesDirectory(root, id),
    wanted: (snapshot) => wantedOf(root, snapshot),
    measure: ({ id }, signal) => diskUsage(filesDirectory(root, id), { signal }),
    content: async ({ id }) => contentAt(filesDirectory(root, id), fileListOf(root, id)),
    inspectPlace: async (level) => inspectEmptyLower(root, { level, open }),
    repairPlace: (problem) => repairEmptyLower(root, problem),
  });
}

function wantedOf(root: string, { id, kind }: CheckedFiles): readonly Wanted[] {
  // Nobody writes into a view: nothing is lost with its directories.
  const remake = kind === 'view' ? MODES : undefined;
  const snapshot: Wanted = {
    path: snapshotDirectory(root, id),
    type: 'directory',
    missing: 'missing-directory',
    mode: MODES.snapshot,
    remake: remake?.snapshot,
  };
  const files: Wanted = {
    path: filesDirectory(root, id),
    type: 'directory',
    missing: 'missing-files-directory',
    mode: undefined,
    remake: remake?.files,
  };
  const work: Wanted = {
    path: workDirectory(root, id),
    type: 'directory',
    missing: 'missing-work-directory',
    mode: MODES.work,
    remake: MODES.work,
  };
  return kind === 'active' ? [snapshot, files, work] : [snapshot, files];
}
