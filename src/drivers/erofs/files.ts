/**
 * The files of a snapshot:
 *
 *     <root>/                    0700
 *       snapshots/               0700
 *         <id>/                  0700
 *           fs/                  0755  the upper directory of an active snapshot, the files of a view without parents
 *           work/                0711  overlay's own, beside it
 *           rwlayer.img          0600  in their place, in block mode: a file system image with `upper` and `work` in it
 *           rw/                  0700  where that is mounted
 *           layer.erofs          0644  a committed layer
 *           file-list            0600  what is in it, when that is asked for
 *           layer/               0700  where that is mounted, while a snapshot is based on it
 *       empty/                   0755  below layers that get their parents at their commits; see kit/empty-lower.ts
 *       trial/                   0700  what is tried at the start; gone afterwards
 *
 * The names are containerd's (plugins/snapshots/erofs), where it has them. An id is never given out twice, so that its
 * directory is made under the final name at once.
 */
import { lstatSync } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { DataLossError, fromSystemError, InternalError, systemErrorCode } from '../../errors/index.js';
import { isMountPoint } from '../../linux/index.js';
import type { Owner } from '../kit/ownership.js';

/** The mode of each file, exact whatever the umask. */
export const MODES = { root: 0o700, snapshot: 0o700, files: 0o755, work: 0o711, image: 0o644, block: 0o600 } as const;

/** Where the files of snapshots lie. */
export interface ErofsPlaces {
  readonly root: string;
  /** The directory with one directory per snapshot. */
  readonly snapshots: string;
  /** The directory of all that belongs to a snapshot. */
  snapshot(id: string): string;
  files(id: string): string;
  work(id: string): string;
  blockImage(id: string): string;
  blockPoint(id: string): string;
  layerImage(id: string): string;
  layerPoint(id: string): string;
  fileList(id: string): string;
}

/** The places below a root. */
export function placesBelow(root: string): ErofsPlaces {
  const snapshots = `${root}/snapshots`;
  const inside = (name: string) => (id: string) => `${snapshots}/${id}/${name}`;
  return Object.freeze({
    root,
    snapshots,
    snapshot: (id: string) => `${snapshots}/${id}`,
    files: inside('fs'),
    work: inside('work'),
    blockImage: inside('rwlayer.img'),
    blockPoint: inside('rw'),
    layerImage: inside('layer.erofs'),
    layerPoint: inside('layer'),
    fileList: inside('file-list'),
  });
}

/** Makes a directory with exactly this mode, whatever the umask takes away. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode });
  await chmod(path, mode);
}

/** Makes an upper directory and overlay's work directory beside it. */
export async function makeUpper(upper: string, work: string, owner: Owner | undefined): Promise<void> {
  await makeDirectory(upper, MODES.files);
  await makeDirectory(work, MODES.work);
  if (owner !== undefined) await chown(upper, owner.uid, owner.gid);
}

/**
 * Makes the directory of a new snapshot.
 * @throws InternalError when there is one already: an id is given out once, so it is not touched.
 */
export async function makeSnapshotDirectory(path: string, id: string): Promise<void> {
  try {
    await makeDirectory(path, MODES.snapshot);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, 'failed to create snapshot directory');
    throw new InternalError(`the directory of new snapshot ${id} exists already`, { cause: error });
  }
}

/** Who owns the top of what is mounted for a layer. @throws DataLossError when it is not mounted after all. */
export function ownerOfLayer(point: string, id: string): Owner {
  if (!isMountPoint(point)) throw new DataLossError(`failed to stat parent: layer ${id} is not mounted`);
  return lstatSync(point);
}
