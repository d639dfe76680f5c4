/**
 * The empty directory that a layer is mounted over while it is unpacked without its parent.
 *
 *     <root>/empty    0755  stays empty
 *
 * Unpackers delete what a layer deletes, unless they see an overlay: then they write the deletion into the upper directory. A
 * layer whose parent comes at its commit (`rebase`) has to keep its deletions, and has nothing below it yet.
 */
import { chmodSync, readdirSync } from 'node:fs';
import { makeDirectoriesNow } from '../../base/index.js';
import { fromSystemError } from '../../errors/index.js';
import { type CheckLevel, type DriverSnapshot, type FileProblem, parentChainLabel } from '../../snapshots/index.js';
import { attributeProblems, giveToOwner, lookAt, remake, type Wanted } from './checker/wanted.js';

const MODE = 0o755;

/** Whether a snapshot is a layer that gets its parent at its commit. */
export function awaitsParent({
  kind,
  parentIds,
  labels,
}: Pick<DriverSnapshot, 'kind' | 'parentIds' | 'labels'>): boolean {
  return kind === 'active' && parentIds.length === 0 && labels.has(parentChainLabel);
}

/** Where the directory lies below the root of a driver. */
export function emptyLower(root: string): string {
  return `${root}/empty`;
}

/**
 * Makes the directory with its mode; one that is there gets it.
 * @throws PermissionDeniedError, ResourceExhaustedError, or Unknown with the system's text.
 */
export function ensureEmptyLower(root: string): void {
  const path = emptyLower(root);
  try {
    makeDirectoriesNow(path, MODE);
    chmodSync(path, MODE);
  } catch (error) {
    throw fromSystemError(error, `failed to create directory ${path}`);
  }
}

/** How the directory is looked at. */
export interface EmptyLowerQuestion {
  readonly level: CheckLevel;
  /** Whether a driver is open; before its first start the directory may be missing. */
  readonly open: boolean;
}

/** What is wrong with the directory. */
export function inspectEmptyLower(root: string, { level, open }: EmptyLowerQuestion): FileProblem[] {
  const wanted = wantedBelow(root);
  const stats = lookAt(wanted);
  if ('kind' in stats) return open || stats.kind !== wanted.missing ? [stats] : [];
  const message = 'it lies in the directory over which layers are unpacked, and would show in them';
  const strangers = readdirSync(wanted.path).map((name): FileProblem => {
    return { kind: 'leftover', path: `${wanted.path}/${name}`, message, repairable: true };
  });
  return level === 'quick' ? strangers : [...strangers, ...attributeProblems(wanted, stats, root)];
}

/** Repairs what {@link inspectEmptyLower} found, but for what is moved away. @returns whether it was that. */
export function repairEmptyLower(root: string, { kind, path }: FileProblem): boolean {
  const wanted = wantedBelow(root);
  if (path !== wanted.path) return false;
  if (kind === 'wrong-mode') chmodSync(path, MODE);
  else if (kind === 'wrong-owner') giveToOwner(path, root);
  else remake(wanted, root);
  return true;
}

function wantedBelow(root: string): Wanted {
  return { path: emptyLower(root), type: 'directory', missing: 'missing-empty-directory', mode: MODE, remake: MODE };
}
