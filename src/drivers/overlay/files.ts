/**
 * The files of a snapshot. The layout is containerd's (plugins/snapshots/overlay/overlay.go):
 *
 *     <root>/                    0700
 *       snapshots/               0700
 *         <id>/                  0700
 *           fs/                  0755  the layer's own files, the upper directory while it is active
 *           file-list            0600  what is in a committed layer, when that is asked for
 *           work/                0711  overlay's own, not for views; stays when the layer is committed
 *       empty/                   0755  below layers that get their parents at their commits; see kit/empty-lower.ts
 *       ready/                   0700  preallocated directories, by names of their own
 *
 * An id is never given out twice, so its directory is made under the final name at once: until the snapshot is recorded it is
 * a directory without a record, which is what a clean-up looks for.
 *
 * Reading and renaming is synchronous, since that takes some ten microseconds. Making and deleting directories waits for the
 * journal on a busy disk, hundreds of microseconds each, so the thread pool does it.
 */
import { chmodSync, lchownSync, lstatSync, renameSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import type { FaultPoints } from '../../base/index.js';
import { DataLossError, fromSystemError, InternalError, systemErrorCode } from '../../errors/index.js';
import type { DirectoryTemplate } from '../../trees/index.js';
import type { Owner } from '../kit/ownership.js';

/** The mode of each directory, exact whatever the umask. */
export const MODES = { root: 0o700, snapshot: 0o700, files: 0o755, work: 0o711 } as const;

/** What is preallocated for an active snapshot. */
export const activeTemplate: DirectoryTemplate = {
  mode: MODES.snapshot,
  directories: [
    { name: 'fs', mode: MODES.files },
    { name: 'work', mode: MODES.work },
  ],
};

/** The directory with one directory per snapshot. */
export function snapshotsDirectory(root: string): string {
  return `${root}/snapshots`;
}

/** The directory of what is preallocated. */
export function readyDirectory(root: string): string {
  return `${root}/ready`;
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

/** The list of what is in a committed layer. */
export function fileListOf(root: string, id: string): string {
  return `${root}/snapshots/${id}/file-list`;
}

/** What to make for a snapshot. */
export interface SnapshotFiles {
  readonly id: string;
  /** Whether it will be written, and needs a work directory. */
  readonly writable: boolean;
  /** Who owns the top directory of its files; undefined leaves it to the daemon's user. */
  readonly owner: Owner | undefined;
  readonly faults: FaultPoints;
}

/** Makes a directory with exactly this mode, whatever the umask and a default ACL. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode });
  chmodSync(path, mode);
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

async function makeContents(root: string, { id, writable, owner }: SnapshotFiles): Promise<void> {
  const files = filesDirectory(root, id);
  chmodSync(snapshotDirectory(root, id), MODES.snapshot);
  await makeDirectory(files, MODES.files);
  if (writable) await makeDirectory(workDirectory(root, id), MODES.work);
  if (owner !== undefined) setOwner(files, owner);
}

/** Removes the empty directories of a snapshot; what cannot be removed is left to a clean-up. */
async function undo(root: string, id: string): Promise<void> {
  for (const path of [workDirectory(root, id), filesDirectory(root, id), snapshotDirectory(root, id)]) {
    try {
      await rmdir(path);
    } catch {
      // The caller needs the error that led here.
    }
  }
}

/**
 * Makes the directories of a snapshot; when that fails none of them is left.
 * @throws InternalError when there are some already: an id is given out once, so they are not touched.
 * @throws PermissionDeniedError when the owner cannot be set, ResourceExhaustedError when the disk is full.
 */
export async function makeSnapshotFiles(root: string, files: SnapshotFiles): Promise<void> {
  try {
    await mkdir(snapshotDirectory(root, files.id), { mode: MODES.snapshot });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, 'failed to create snapshot directory');
    throw new InternalError(`the directory of new snapshot ${files.id} exists already`, { cause: error });
  }
  files.faults.reach('overlay.made');
  try {
    await makeContents(root, files);
  } catch (error) {
    await undo(root, files.id);
    throw fromSystemError(error);
  }
}

/**
 * Makes the missing directories of a snapshot. @returns whether some were missing.
 * @param owner Who owns the files, asked for only when they are missing.
 * @throws as {@link makeSnapshotFiles}, and what `owner` throws.
 */
export async function recreateSnapshotFiles(
  root: string,
  { id, writable, faults }: Omit<SnapshotFiles, 'owner'>,
  owner: () => Owner | undefined,
): Promise<boolean> {
  const files = filesDirectory(root, id);
  const work = workDirectory(root, id);
  const hasFiles = isThere(files);
  const hasWork = !writable || isThere(work);
  if (hasFiles && hasWork) return false;
  if (!hasFiles && !isThere(snapshotDirectory(root, id))) {
    await makeSnapshotFiles(root, { id, writable, faults, owner: owner() });
    return true;
  }
  try {
    if (!hasFiles) await makeFilesDirectory(files, owner());
    if (!hasWork) await makeDirectory(work, MODES.work);
  } catch (error) {
    throw fromSystemError(error);
  }
  return true;
}

function isThere(directory: string): boolean {
  try {
    lstatSync(directory);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw fromSystemError(error);
  }
}

async function makeFilesDirectory(files: string, owner: Owner | undefined): Promise<void> {
  await makeDirectory(files, MODES.files);
  if (owner !== undefined) setOwner(files, owner);
}

/**
 * Makes the files of an active snapshot from a preallocated directory, by its name in `ready`.
 * @returns false when there is no such directory any more; then nothing is made.
 * @throws as {@link makeSnapshotFiles}.
 */
export async function takeSnapshotFiles(
  root: string,
  ready: string,
  { id, owner, faults }: SnapshotFiles,
): Promise<boolean> {
  try {
    renameSync(`${readyDirectory(root)}/${ready}`, snapshotDirectory(root, id));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    if (systemErrorCode(error) !== 'ENOTEMPTY') throw fromSystemError(error, 'failed to create snapshot directory');
    throw new InternalError(`the directory of new snapshot ${id} exists already`, { cause: error });
  }
  faults.reach('overlay.taken');
  try {
    if (owner !== undefined && !isOurs(owner)) setOwner(filesDirectory(root, id), owner);
    return true;
  } catch (error) {
    await undo(root, id);
    throw error;
  }
}

function isOurs({ uid, gid }: Owner): boolean {
  return uid === process.geteuid?.() && gid === process.getegid?.();
}
