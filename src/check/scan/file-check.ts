import { lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { systemErrorCode, throwIfAborted } from '../../errors/index.js';
import {
  bareLayersTable,
  type CallContext,
  type CheckedFiles,
  type CheckLevel,
  type DriverChecker,
  type FileProblem,
  idsTable,
  type SnapshotRecord,
  snapshotsTable,
} from '../../snapshots/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import { type FindingKind, findingKinds, type Remedy } from '../findings/kinds.js';
import type { CheckedSnapshotter } from '../findings/types.js';
import { type Found, found } from './found.js';
import { readable, readableKeys } from './read.js';

/** A record whose files are looked at. */
export interface RecordedFiles {
  readonly key: string;
  readonly record: SnapshotRecord;
}

/** How the files of one snapshotter are checked. */
export interface FileCheckOptions {
  readonly store: Store;
  readonly snapshotter: CheckedSnapshotter;
  readonly files: DriverChecker;
  readonly level: CheckLevel;
  readonly call: CallContext;
}

/** What was seen of the files of one snapshot. */
export interface FilesSeen {
  readonly found: readonly Found[];
  /** In a deep look: whether there was a manifest. */
  readonly compared?: boolean;
  /** In a deep look: that nobody could read what is in it. */
  readonly unread?: boolean;
}

/**
 * Looks at the files of a recorded snapshot. What looks wrong is looked at a second time, after its record was read
 * again: of what was removed or committed meanwhile nothing is reported.
 */
export async function checkFiles(options: FileCheckOptions, seen: RecordedFiles): Promise<FilesSeen> {
  const { files, level, call, store, snapshotter } = options;
  const first = await files.inspect(recordedFiles(options, seen), level, call);
  const { problems: _, ...read } = first;
  if (first.problems.length === 0) return { found: [], ...read };
  const now = store.read((tx) => findAgain(tx, snapshotter.name, seen));
  if (now === undefined) return { found: [], ...read };
  const second = await files.inspect(recordedFiles(options, now), level, call);
  const lasting = new Set(first.problems.map(identity));
  const problems = second.problems.filter((problem) => lasting.has(identity(problem)));
  // The record may have gone during the second look.
  const still = store.read((tx) => findAgain(tx, snapshotter.name, now));
  if (still === undefined) return { found: [], ...read };
  return { found: problems.map((problem) => fileFinding(snapshotter.name, still, problem)), ...read };
}

/** What a checker needs of a record. */
export function checkedFiles({ id, kind, parentIds, usage }: SnapshotRecord): CheckedFiles {
  return { id: String(id), kind, parentIds: parentIds.map(String), usage };
}

/** The same with all that the store says of it. */
export function recordedFiles(
  { store, snapshotter: { name } }: Pick<FileCheckOptions, 'store' | 'snapshotter'>,
  { record }: RecordedFiles,
): CheckedFiles {
  const bare = store.read((tx) => readable(tx, bareLayersTable, [name, record.id]));
  return bare === undefined ? checkedFiles(record) : { ...checkedFiles(record), bare };
}

function identity({ kind, path }: FileProblem): string {
  return `${kind} ${path}`;
}

/** The record of the same files as they are now, which a commit may have given another name. */
export function findAgain(
  tx: ReadTransaction,
  name: string,
  { key, record }: RecordedFiles,
): RecordedFiles | undefined {
  for (const candidate of [key, readable(tx, idsTable, [name, record.id])]) {
    const now = candidate === undefined ? undefined : readable(tx, snapshotsTable, [name, candidate]);
    if (candidate !== undefined && now?.id === record.id) return { key: candidate, record: now };
  }
  return undefined;
}

function fileFinding(name: string, { key, record }: RecordedFiles, problem: FileProblem): Found {
  const place = { type: 'files', key, id: record.id, problem } as const;
  const { path, message } = problem;
  const remedy = remedyOf(problem, record);
  return found(problem.kind, place, { snapshotter: name, key, id: String(record.id), path, message, remedy });
}

/** What lies beside the snapshots of a snapshotter and is not as it must be, both times that it was looked at. */
export async function checkPlace({ snapshotter, files, level }: FileCheckOptions): Promise<Found[]> {
  const first = (await files.inspectPlace?.(level)) ?? [];
  if (first.length === 0) return [];
  const lasting = new Set(first.map(identity));
  const second = (await files.inspectPlace?.(level)) ?? [];
  return second
    .filter((problem) => lasting.has(identity(problem)))
    .map((problem) => placeFinding(snapshotter.name, problem));
}

function placeFinding(snapshotter: string, problem: FileProblem): Found {
  const { kind, path, message, mendable } = problem;
  const remedy = mendable ? findingKinds[kind].remedy : 'none';
  return found(kind, { type: 'place', problem }, { snapshotter, path, message, remedy });
}

/** What can be made anew is; of the rest only a layer can be fetched anew, and what else there is belongs to someone. */
function remedyOf({ kind, mendable }: FileProblem, record: SnapshotRecord): Remedy {
  const { remedy } = findingKinds[kind];
  if (mendable) return remedy === 'drop-snapshot' ? 'make-directory' : remedy;
  return remedy === 'drop-snapshot' && record.kind === 'committed' ? remedy : 'none';
}

/**
 * What lies in the place of snapshots without a record. While the snapshotter is open each is looked at twice: at first
 * without waiting; and then after all changes that could be seen by then have ended, so that whose removal could be seen
 * is known to be busy or is gone.
 */
export async function checkStrays({ store, snapshotter, files, call }: FileCheckOptions): Promise<Found[]> {
  const suspects: string[] = [];
  for await (const name of files.ids()) {
    throwIfAborted(call.signal);
    if (!isExpected(store, snapshotter, name)) suspects.push(name);
  }
  if (suspects.length === 0) return [];
  await afterChanges(store);
  const strays: Found[] = [];
  for (const name of suspects) {
    if (isExpected(store, snapshotter, name) || !(await isThere(files, name))) continue;
    if (!(await isUsedByChain(store, snapshotter.name, name))) strays.push(strayFinding(snapshotter.name, files, name));
  }
  return strays;
}

/** Resolves when every write that was visible before has been answered, and what follows it has begun. */
export async function afterChanges(store: Store): Promise<void> {
  await store.write(() => undefined);
  await setImmediate();
}

const idPattern = /^(?:0|[1-9]\d*)$/;

/** Whether a name is that of an id, such as `17`. */
export function isId(name: string): boolean {
  return idPattern.test(name) && Number.isSafeInteger(Number(name));
}

/** Whether files with this name are spoken of by a record, or are being made or deleted. */
export function isExpected(store: Store, snapshotter: CheckedSnapshotter, name: string): boolean {
  if (snapshotter.isBusy(name)) return true;
  return isId(name) && store.read((tx) => tx.has(idsTable, [snapshotter.name, Number(name)]));
}

async function isThere(files: DriverChecker, name: string): Promise<boolean> {
  const found = await Promise.all(files.pathsOf(name).map(exists));
  return found.includes(true) || (await files.holds?.(name)) === true;
}

/** The paths of a name that are there. */
export function pathsThere(files: DriverChecker, name: string): string[] {
  return files.pathsOf(name).filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
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

/** A record may lack in the index of ids, and a parent may lack while its children still stand on its files. */
async function isUsedByChain(store: Store, snapshotter: string, name: string): Promise<boolean> {
  if (!isId(name)) return false;
  const id = Number(name);
  return store.read((tx) => {
    for (const key of readableKeys(tx, snapshotsTable, { range: { prefix: [snapshotter] } })) {
      const record = readable(tx, snapshotsTable, key);
      if (record?.id === id || record?.parentIds.includes(id) === true) return true;
    }
    return false;
  });
}

function strayFinding(snapshotter: string, files: DriverChecker, name: string): Found {
  const kind: FindingKind = isId(name) ? 'orphan-directory' : 'foreign-entry';
  const message = isId(name) ? 'no record speaks of it' : 'its name is no id';
  const [path] = pathsThere(files, name);
  const details = {
    snapshotter,
    ...(isId(name) ? { id: name } : {}),
    ...(path === undefined ? {} : { path }),
    message,
  };
  return found(kind, { type: 'stray', name }, details);
}
