import { join } from 'node:path';
import { messageOf } from '../../errors/index.js';
import {
  isSubvolume,
  renameProtected,
  type SubvolumeInfo,
  setReadOnly,
  subvolumeInfo,
  withSubvolumeNow,
} from '../../linux/index.js';
import type { CheckedFiles, CheckLevel, DriverChecker, FileProblem } from '../../snapshots/index.js';
import { contentAt, layoutChecker, type Wanted } from '../kit/checker/index.js';
import { fileListPath } from '../kit/file-lists.js';
import { PLACES } from './probe.js';
import { subvolumePath } from './subvolumes.js';

/** Looks at the subvolumes below the root of a btrfs driver, whether or not one is open. Nothing is made. */
export function btrfsChecker(root: string): DriverChecker {
  const places = [PLACES.committed, PLACES.active, PLACES.view] as const;
  const inPlaces = (id: string) => places.map((place) => join(root, place, id));
  return layoutChecker({
    places: [join(root, places[0]), ...places.slice(1).map((place) => join(root, place))],
    pathsOf: (id) => [...inPlaces(id), fileListPath(root, id)],
    layerPath: (id) => subvolumePath(root, 'committed', id),
    wanted: (snapshot) => wantedOf(root, snapshot),
    content: async ({ id }) => contentAt(subvolumePath(root, 'committed', id), fileListPath(root, id)),
    inspectMore: async (snapshot, level) => inspectSubvolume(root, snapshot, level),
    repairMore: (snapshot, problem) => repair(root, snapshot, problem),
    rename: moveSubvolume,
  });
}

/** A view over a parent shows the subvolume of the parent. */
function hasSubvolume({ kind, parentIds }: CheckedFiles): boolean {
  return kind !== 'view' || parentIds.length === 0;
}

function wantedOf(root: string, snapshot: CheckedFiles): readonly Wanted[] {
  if (!hasSubvolume(snapshot)) return [];
  const path = subvolumePath(root, snapshot.kind, snapshot.id);
  return [{ path, type: 'directory', missing: 'missing-directory', mode: undefined, remake: undefined }];
}

function inspectSubvolume(root: string, snapshot: CheckedFiles, level: CheckLevel): FileProblem[] {
  if (!hasSubvolume(snapshot)) return [];
  const path = subvolumePath(root, snapshot.kind, snapshot.id);
  try {
    if (!isSubvolume(path)) return [{ kind: 'wrong-type', path, message: 'it is no subvolume', repairable: false }];
    const info = infoAt(path);
    return [...writeProblems(path, snapshot, info), ...(level === 'quick' ? [] : originProblems(root, snapshot, info))];
  } catch (error) {
    return [{ kind: 'unreadable-file', path, message: messageOf(error), repairable: false }];
  }
}

function writeProblems(path: string, { kind }: CheckedFiles, { readOnly }: SubvolumeInfo): FileProblem[] {
  if (kind === 'active' || readOnly) return [];
  return [{ kind: 'writable-layer', path, message: 'it can be written to', repairable: true }];
}

/** What a layer was made from is deleted after its commit; what an active snapshot was made from is its parent. */
function originProblems(
  root: string,
  { id, kind, parentIds: [parent] }: CheckedFiles,
  info: SubvolumeInfo,
): FileProblem[] {
  if (kind !== 'active' || parent === undefined) return [];
  const below = subvolumePath(root, 'committed', parent);
  // That the layer is gone or something else is a finding of its own.
  if (!isThere(below) || infoAt(below).uuid === info.parentUuid) return [];
  const message = `it was not made from the layer ${parent}`;
  return [{ kind: 'wrong-origin', path: subvolumePath(root, kind, id), message, repairable: false }];
}

function infoAt(path: string): SubvolumeInfo {
  return withSubvolumeNow(path, subvolumeInfo);
}

function isThere(path: string): boolean {
  try {
    return isSubvolume(path);
  } catch {
    return false;
  }
}

function repair(root: string, snapshot: CheckedFiles, { kind }: FileProblem): boolean {
  if (kind !== 'writable-layer' || snapshot.kind === 'active') return false;
  return withSubvolumeNow(subvolumePath(root, snapshot.kind, snapshot.id), (fd) => {
    if (subvolumeInfo(fd).readOnly) return false;
    setReadOnly(fd, true);
    return true;
  });
}

/** What cannot be written to cannot be moved to another directory either, so it can be for that moment. */
function moveSubvolume(from: string, to: string): void {
  const locked = isThere(from) && infoAt(from).readOnly;
  if (locked) lock(from, false);
  try {
    renameProtected(from, to);
  } catch (error) {
    if (locked) lock(from, true);
    throw error;
  }
  if (locked) lock(to, true);
}

function lock(path: string, readOnly: boolean): void {
  withSubvolumeNow(path, (fd) => setReadOnly(fd, readOnly));
}
