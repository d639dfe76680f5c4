/**
 * The files of a snapshot. The layout is containerd's (plugins/snapshots/overlay/overlay.go):
 *
 *     <root>/                    0700
 *       snapshots/               0700
 *         <id>/                  0700
 *           fs/                  0755  the layer's own files, the upper directory while it is active
 *           work/                0711  overlay's own, not for views; stays when the layer is committed
 *
 * An id is never given out twice, so that its directory is made under the final name at once: until the snapshot is
 * recorded it is a directory that no record speaks of, which is what a clean-up looks for.
 *
 * The calls are synchronous: a directory takes some ten microseconds to make, several times less than a trip through
 * the thread pool.
 */
import { chmodSync, lchownSync, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { DataLossError, fromSystemError, InternalError, systemErrorCode } from '../../errors/index.js';
import type { Owner } from './ownership.js';

/** The mode of each directory, exact whatever the umask. */
export const MODES = { root: 0o700, snapshot: 0o700, files: 0o755, work: 0o711 } as const;

/** The directory with one directory per snapshot. */
export function snapshotsDirectory(root: string): string {
  return `${root}/snapshots`;
}

/** The directory of all that belongs to a snapshot. */
export function snapshotDirectory(root: string, id: string): string {
  return `${root}/snapshots/${id}`;
}

/** The directory of a snapshot's own files. */
export function filesDirectory(root: string, id: string): string {
  return `${root}/snapshots/${id}/fs`;
}

/** The directory that overlay works in. */
export function workDirectory(root: string, id: string): string {
  return `${root}/snapshots/${id}/work`;
}

/** What to make for a snapshot. */
export interface SnapshotFiles {
  readonly id: string;
  /** Whether it will be written, and needs a work directory. */
  readonly writable: boolean;
  /** Who owns the top directory of its files; undefined leaves it to the daemon's user. */
  readonly owner: Owner | undefined;
}

/** Makes a directory with exactly this mode, whatever the umask and a default ACL take away or add. */
function makeDirectory(path: string, mode: number): void {
  mkdirSync(path, { mode });
  chmodSync(path, mode);
}

/** Makes a directory, and those above it, unless it is there; one that is there keeps its mode. */
export function ensureDirectory(path: string, mode: number): void {
  try {
    if (mkdirSync(path, { mode, recursive: true }) !== undefined) chmodSync(path, mode);
  } catch (error) {
    throw fromSystemError(error, `failed to create directory ${path}`);
  }
}

/**
 * Who owns the files of a parent.
 * @throws DataLossError when they are gone.
 */
export function ownerOfFiles(root: string, id: string): Owner {
  try {
    return lstatSync(filesDirectory(root, id));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, 'failed to stat parent');
    throw new DataLossError(`failed to stat parent: the files of snapshot ${id} are gone`, { cause: error });
  }
}

function setOwner(directory: string, { uid, gid }: Owner): void {
  try {
    lchownSync(directory, uid, gid);
  } catch (error) {
    throw fromSystemError(error, 'failed to chown');
  }
}

function makeContents(root: string, { id, writable, owner }: SnapshotFiles): void {
  const files = filesDirectory(root, id);
  makeDirectory(files, MODES.files);
  if (writable) makeDirectory(workDirectory(root, id), MODES.work);
  if (owner !== undefined) setOwner(files, owner);
}

/** Removes the empty directories of a snapshot; what cannot be removed is left to a clean-up. */
function undo(root: string, id: string): void {
  for (const path of [workDirectory(root, id), filesDirectory(root, id), snapshotDirectory(root, id)]) {
    try {
      rmdirSync(path);
    } catch {
      // What led here is what the caller has to know.
    }
  }
}

/**
 * Makes the directories of a snapshot; when it fails none of them is left.
 * @throws InternalError when there are some already: an id is given out once, so they are not touched.
 * @throws PermissionDeniedError when the owner cannot be set, ResourceExhaustedError when the disk is full.
 */
export function makeSnapshotFiles(root: string, files: SnapshotFiles): void {
  const directory = snapshotDirectory(root, files.id);
  try {
    mkdirSync(directory, { mode: MODES.snapshot });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, 'failed to create snapshot directory');
    throw new InternalError(`the directory of new snapshot ${files.id} exists already`, { cause: error });
  }
  try {
    chmodSync(directory, MODES.snapshot);
    makeContents(root, files);
  } catch (error) {
    undo(root, files.id);
    throw fromSystemError(error);
  }
}
