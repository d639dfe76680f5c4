import { lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { systemErrorCode, throwIfAborted } from '../../errors/index.js';
import type { CallContext, CheckLevel, DriverChecker, FileProblem } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { findingKinds } from '../findings/kinds.js';
import type { CheckedSnapshotter } from '../findings/types.js';
import { lasting } from './file-check.js';
import { type Found, found } from './found.js';
import { findRecorded, isId } from './recorded.js';

/** Whose strays are looked for. */
export interface StrayCheckOptions {
  readonly store: Store;
  readonly snapshotter: CheckedSnapshotter;
  readonly files: DriverChecker;
  readonly call: CallContext;
}

/**
 * Files in the snapshots directory without a record. While the snapshotter is open each suspect is checked again after the
 * writes in flight have finished; by then one that was being removed is gone or known to be busy.
 */
export async function checkStrays({ store, snapshotter, files, call }: StrayCheckOptions): Promise<Found[]> {
  const suspects: string[] = [];
  for await (const name of files.ids()) {
    throwIfAborted(call.signal);
    if (!isExpected(store, snapshotter, name)) suspects.push(name);
  }
  if (suspects.length === 0) return [];
  await afterChanges(store);
  const strays: Found[] = [];
  for (const name of suspects) {
    throwIfAborted(call.signal);
    if (isExpected(store, snapshotter, name) || !(await isThere(files, name))) continue;
    strays.push(strayFinding(snapshotter, files, name));
  }
  return strays;
}

/** Resolves when every write that was visible before has been answered, and what follows it has begun. */
async function afterChanges(store: Store): Promise<void> {
  await store.write(() => undefined);
  await setImmediate();
}

/** Whether files with this name have a record, or are being made or deleted. */
export function isExpected(store: Store, snapshotter: CheckedSnapshotter, name: string): boolean {
  if (snapshotter.isBusy(name)) return true;
  return isId(name) && store.read((tx) => findRecorded(tx, name))?.snapshotter === snapshotter.name;
}

async function isThere(files: DriverChecker, name: string): Promise<boolean> {
  const there = await Promise.all(files.pathsOf(name).map(exists));
  return there.includes(true) || (await files.holds?.(name)) === true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The paths of a name that are there. */
export function pathsThere(files: DriverChecker, name: string): string[] {
  return files.pathsOf(name).filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
}

function strayFinding(snapshotter: CheckedSnapshotter, files: DriverChecker, name: string): Found {
  const [path] = pathsThere(files, name);
  const failure = snapshotter.whyUndeleted?.(name);
  const tried = failure === undefined ? '' : `, and could not be deleted so far: ${failure}`;
  const where = { snapshotter: snapshotter.name, ...(path === undefined ? {} : { path }) };
  const place = { type: 'stray', name } as const;
  if (!isId(name)) return found('foreign-entry', place, { ...where, message: `its name is no id${tried}` });
  return found('orphan-directory', place, { ...where, id: name, message: `it has no record${tried}` });
}

/** What lies beside the snapshots of a snapshotter and is not as it must be, both times that it was looked at. */
export async function checkPlace(snapshotter: string, files: DriverChecker, level: CheckLevel): Promise<Found[]> {
  const first = (await files.inspectPlace?.(level)) ?? [];
  if (first.length === 0) return [];
  const second = (await files.inspectPlace?.(level)) ?? [];
  return lasting(first, second).map((problem) => placeFinding(snapshotter, problem));
}

function placeFinding(snapshotter: string, problem: FileProblem): Found {
  const { kind, path, message, repairable } = problem;
  const remedy = repairable ? findingKinds[kind].remedy : 'none';
  return found(kind, { type: 'place', problem }, { snapshotter, path, message, remedy });
}
