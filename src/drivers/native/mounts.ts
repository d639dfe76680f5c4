import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot, Mount } from '../../snapshots/index.js';

/** The directory of all snapshots. */
export function snapshotsDirectory(root: string): string {
  return `${root}/snapshots`;
}

/** The directory that is the tree of a snapshot. */
export function snapshotDirectory(root: string, id: string): string {
  return `${root}/snapshots/${id}`;
}

/** The id of the tree that a snapshot shows: its own, or that of the parent for a view, which makes none. */
export function treeOf({ id, kind, parentIds: [parent] }: Pick<DriverSnapshot, 'id' | 'kind' | 'parentIds'>): string {
  return kind === 'view' && parent !== undefined ? parent : id;
}

/**
 * How to mount a snapshot: always one bind mount (containerd: plugins/snapshots/native/native.go).
 * @throws FailedPreconditionError for a committed one.
 */
export function nativeMounts(snapshot: DriverSnapshot, root: string): readonly Mount[] {
  if (snapshot.kind === 'committed') throw new FailedPreconditionError('a committed snapshot has no mounts');
  const options = ['rbind', snapshot.kind === 'active' ? 'rw' : 'ro'];
  return [{ type: 'bind', source: snapshotDirectory(root, treeOf(snapshot)), target: '', options }];
}
