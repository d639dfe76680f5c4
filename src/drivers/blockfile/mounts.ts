import { FailedPreconditionError } from '../../errors/index.js';
import type { DriverSnapshot, Mount } from '../../snapshots/index.js';
import type { BlockfileType } from './options.js';

/** The directory of all images. */
export function snapshotsDirectory(root: string): string {
  return `${root}/snapshots`;
}

/** The directory of mounts that the driver makes for itself. */
export function mountsDirectory(root: string): string {
  return `${root}/mounts`;
}

/** The image of a snapshot. */
export function imagePath(root: string, id: string): string {
  return `${root}/snapshots/${id}`;
}

/** The id of the image that a snapshot shows: its own, or that of the parent for a view, which makes none. */
export function imageOf({ id, kind, parentIds: [parent] }: Pick<DriverSnapshot, 'id' | 'kind' | 'parentIds'>): string {
  return kind === 'view' && parent !== undefined ? parent : id;
}

/** What mounts depend on, beside the snapshot. */
export interface MountSettings {
  readonly root: string;
  readonly fsType: BlockfileType;
  readonly mountOptions: readonly string[];
}

/**
 * How to mount a snapshot: its image through a loop device (containerd: plugins/snapshots/blockfile/blockfile.go).
 * @throws FailedPreconditionError for a committed one.
 */
export function blockfileMounts(snapshot: DriverSnapshot, settings: MountSettings): readonly Mount[] {
  if (snapshot.kind === 'committed') throw new FailedPreconditionError('a committed snapshot has no mounts');
  const options = [...settings.mountOptions, snapshot.kind === 'active' ? 'rw' : 'ro'];
  return [{ type: settings.fsType, source: imagePath(settings.root, imageOf(snapshot)), target: '', options }];
}
