/**
 * The files of a snapshot: one subvolume each. The layout is containerd's (plugins/snapshots/btrfs/btrfs.go):
 *
 *     <root>/               0700
 *       active/<id>         0755  what is being written
 *       view/<id>           0755  views of nothing; those of a layer show the layer's own
 *       snapshots/<id>      0755  layers, read-only
 *       file-lists/<id>      0600  what is in a layer, when that is asked for
 *
 * A layer is a read-only copy of the active subvolume: a process that still has that open or mounted at the commit cannot
 * change the layer. Between the copy and the record of the commit, and after a crash there, both exist.
 */
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPoints } from '../../base/index.js';
import {
  DataLossError,
  FailedPreconditionError,
  fromSystemError,
  InternalError,
  systemErrorCode,
  throwIfAborted,
} from '../../errors/index.js';
import {
  createSubvolume,
  deleteSubvolumes,
  forgetGroup,
  isSubvolume,
  limitExclusive,
  nestedSubvolumes,
  quotaIsOn,
  setReadOnly,
  snapshotSubvolume,
  withSubvolume,
} from '../../linux/index.js';
import type { DriverSnapshot, Kind } from '../../snapshots/index.js';
import { removeTrees } from '../../trees/index.js';
import { PLACES } from './probe.js';

/** Mode of the top directory of what starts empty, whatever the umask. */
const FILES_MODE = 0o755;

/** The subvolume of a snapshot. */
export function subvolumePath(root: string, kind: Kind, id: string): string {
  return join(root, PLACES[kind], id);
}

/**
 * Makes the subvolume of a snapshot; when it fails it is gone again.
 * @throws InternalError when there is one already: an id is given out once, so it is not touched.
 * @throws DataLossError when that of the parent is gone.
 */
export async function makeSubvolume(root: string, snapshot: DriverSnapshot, faults: FaultPoints): Promise<void> {
  const { id, kind, parentIds } = snapshot;
  const [parent] = parentIds;
  if (parent !== undefined) requireLayer(root, parent);
  if (parent !== undefined && kind === 'view') return;
  const directory = join(root, PLACES[kind]);
  try {
    if (parent === undefined) await createSubvolume(directory, id);
    else await snapshotSubvolume({ source: subvolumePath(root, 'committed', parent), directory, name: id });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, 'failed to create subvolume');
    throw new InternalError(`the subvolume of new snapshot ${id} exists already`, { cause: error });
  }
  faults.reach('btrfs.made');
  try {
    await finishSubvolume(root, snapshot);
  } catch (error) {
    await deleteAll(directory, [id]);
    throw fromSystemError(error, 'failed to create subvolume');
  }
}

async function finishSubvolume(root: string, { id, kind, parentIds, limits }: DriverSnapshot): Promise<void> {
  const path = subvolumePath(root, kind, id);
  if (parentIds.length === 0) chmodSync(path, FILES_MODE);
  if (kind === 'view') await withSubvolume(path, (fd) => setReadOnly(fd, true));
  if (limits?.bytes !== undefined) await limitSubvolume(path, limits.bytes);
}

function requireLayer(root: string, id: string): void {
  try {
    if (isSubvolume(subvolumePath(root, 'committed', id))) return;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, 'failed to stat parent');
  }
  throw new DataLossError(`failed to stat parent: the subvolume of snapshot ${id} is gone`);
}

/**
 * Makes the layer of an active snapshot, in the place of one that was not recorded. What was written before is in it and
 * on disk when it resolves.
 * @throws FailedPreconditionError when the snapshot holds subvolumes of its own.
 */
export async function makeLayer(root: string, id: string): Promise<void> {
  const source = subvolumePath(root, 'active', id);
  await requireNoNested(source);
  const directory = join(root, PLACES.committed);
  await deleteAll(directory, [id]);
  await snapshotSubvolume({ source, directory, name: id, readOnly: true });
}

/** A child's copy shows a subvolume as an empty directory: its files would silently be missing. */
async function requireNoNested(path: string): Promise<void> {
  const [nested] = await withSubvolume(path, (fd, info) => nestedSubvolumes(fd, info.id));
  if (nested === undefined) return;
  throw new FailedPreconditionError(
    `the snapshot holds a btrfs subvolume named ${JSON.stringify(nested.name)}, which would be empty in the layer: delete it, or make it a directory`,
  );
}

/** Limits what a subvolume holds itself. @param bytes undefined for no limit. @throws a system error. */
export async function limitSubvolume(path: string, bytes: number | undefined): Promise<void> {
  await withSubvolume(path, (fd, info) => {
    if (bytes !== undefined || quotaIsOn(fd)) limitExclusive(fd, info.id, bytes);
  });
}

/**
 * Deletes subvolumes by their names in a directory, with all that lie in them, and whatever else has these names. What
 * is gone is passed over; one that cannot be deleted does not keep the others.
 * @throws the first failure, at the end.
 */
export async function deleteAll(directory: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
  const others: string[] = [];
  const failures: unknown[] = [];
  for (const name of names) {
    throwIfAborted(signal);
    try {
      if (!(await deleteOne(directory, name))) others.push(name);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') failures.push(fromSystemError(error, `failed to remove ${name}`));
    }
  }
  if (others.length > 0) await removeTrees(directory, others, { signal });
  if (failures.length > 0) throw failures[0];
}

/** False when there is something else than a subvolume. */
async function deleteOne(directory: string, name: string): Promise<boolean> {
  const path = join(directory, name);
  if (!isSubvolume(path)) return false;
  const id = await withSubvolume(path, (_fd, info) => info.id);
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const deleted of await deleteSubvolumes(fd, id)) forgetGroup(fd, deleted);
  } finally {
    closeSync(fd);
  }
  return true;
}
