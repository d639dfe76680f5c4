import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { metadataChildrenTable, metadataTable } from '../../metadata/index.js';
import {
  type CallContext,
  type CheckLevel,
  childrenTable,
  type DriverChecker,
  idsTable,
  snapshotsTable,
} from '../../snapshots/index.js';
import { isLookedFor } from '../findings/kinds.js';
import type { CheckedSnapshotter, CheckSubject } from '../findings/types.js';
import { checkList } from '../layer-list/check-list.js';
import { checkFiles, checkPlace, checkStrays, type RecordedFiles } from './file-check.js';
import { type Found, found } from './found.js';
import { checkMetadata, checkMetadataLink } from './metadata-records.js';
import { inPages, type Pages, readable, readableKeys } from './read.js';
import { checkChildLink, checkIdLink, checkSnapshot, type RecordScope } from './snapshot-records.js';

/** What an examination has counted so far. */
export interface Tally {
  snapshots: number;
  compared: number;
  withoutManifest: number;
  readonly unseen: Set<string>;
  readonly unread: Set<string>;
}

/** Nothing counted yet. */
export function newTally(): Tally {
  return { snapshots: 0, compared: 0, withoutManifest: 0, unseen: new Set(), unread: new Set() };
}

/** How to examine. */
export interface Examination {
  readonly subject: CheckSubject;
  readonly level: CheckLevel;
  readonly call: CallContext;
  readonly tally: Tally;
}

/**
 * Examines everything and changes nothing. Gives what it finds as it goes; one thing that cannot be read does not keep
 * it from the others.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; FailedPreconditionError when the place of a
 * snapshotter's files is gone as a whole, which says more about the disk than about each snapshot.
 */
export async function* examine(examination: Examination): AsyncGenerator<Found> {
  for (const snapshotter of examination.subject.snapshotters) {
    yield* examineSnapshots(examination, snapshotter);
    yield* examineIndexes(examination, snapshotter);
    yield* examineStrays(examination, snapshotter);
    yield* await examineList(examination, snapshotter);
  }
  if (examination.subject.namespaced) yield* examineNamespaces(examination);
}

async function* examineSnapshots(examination: Examination, snapshotter: CheckedSnapshotter): AsyncGenerator<Found> {
  const { subject, call, tally } = examination;
  const { name, files } = snapshotter;
  if (files !== undefined) await requirePlace(subject, name, files);
  const scope: RecordScope = { name, namespaced: subject.namespaced };
  const pages = inPages(subject.store, {
    table: snapshotsTable,
    prefix: [name],
    signal: call.signal,
    each: (tx, [, key]): SnapshotSeen[] => [
      { found: checkSnapshot(tx, scope, key), key, record: readable(tx, snapshotsTable, [name, key]) },
    ],
    onBad: (message): SnapshotSeen => ({ found: [badKey(name, message)], key: '', record: undefined }),
  });
  for await (const page of pages) {
    for (const { found: inRecord, key, record } of page) {
      tally.snapshots += 1;
      yield* inRecord;
      if (record !== undefined) yield* await examineFiles(examination, snapshotter, { key, record });
    }
  }
}

async function examineFiles(
  { subject: { store }, call, level, tally }: Examination,
  snapshotter: CheckedSnapshotter,
  recorded: RecordedFiles,
): Promise<readonly Found[]> {
  const { files } = snapshotter;
  if (files === undefined) {
    tally.unseen.add(snapshotter.name);
    return [];
  }
  const seen = await checkFiles({ store, snapshotter, files, level, call }, recorded);
  if (seen.compared === true) tally.compared += 1;
  else if (seen.compared === false) tally.withoutManifest += 1;
  if (seen.unread === true) tally.unread.add(snapshotter.name);
  return seen.found;
}

/** @throws FailedPreconditionError when there are records, but no place of files at all. */
async function requirePlace({ store }: CheckSubject, name: string, files: DriverChecker): Promise<void> {
  try {
    for await (const _ of files.ids()) return;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const isEmpty = store.read((tx) => readableKeys(tx, snapshotsTable, { range: { prefix: [name] } }).next().done);
    if (isEmpty === true) return;
    const message = `all files of the snapshotter ${name} are gone (${error.context}); is their file system mounted?`;
    throw new FailedPreconditionError(message, { cause: error });
  }
}

interface SnapshotSeen {
  readonly found: readonly Found[];
  readonly key: string;
  readonly record: RecordedFiles['record'] | undefined;
}

function badKey(snapshotter: string, message: string): Found {
  return found('unreadable-record', { type: 'nowhere' }, { snapshotter, message, remedy: 'none' });
}

async function* examineIndexes({ subject, call }: Examination, { name }: CheckedSnapshotter): AsyncGenerator<Found> {
  const scope: RecordScope = { name, namespaced: subject.namespaced };
  const common = { prefix: [name], signal: call.signal, onBad: (message: string) => badKey(name, message) };
  yield* flat(subject, {
    ...common,
    table: childrenTable,
    each: (tx, [, parentId, childId]) => checkChildLink(tx, scope, { parentId, childId }),
  });
  yield* flat(subject, { ...common, table: idsTable, each: (tx, [, id]) => checkIdLink(tx, scope, id) });
}

async function* examineStrays(
  { subject: { store }, call, level }: Examination,
  snapshotter: CheckedSnapshotter,
): AsyncGenerator<Found> {
  const { files } = snapshotter;
  if (files === undefined) return;
  try {
    yield* await checkStrays({ store, snapshotter, files, level, call });
    yield* await checkPlace({ store, snapshotter, files, level, call });
  } catch (error) {
    // Where there are no snapshots there need not be a place for them.
    if (!(error instanceof NotFoundError)) throw error;
  }
}

async function examineList(
  { subject: { store }, call, level }: Examination,
  { name, list, files }: CheckedSnapshotter,
): Promise<readonly Found[]> {
  if (list === undefined || !isLookedFor('damaged-list', level)) return [];
  return checkList({ store, name, list, described: files?.described, call });
}

async function* examineNamespaces({ subject, call }: Examination): AsyncGenerator<Found> {
  const local = new Set(subject.snapshotters.map(({ name }) => name));
  const common = { prefix: [], signal: call.signal, onBad: (message: string) => badKey('', message) };
  yield* flat(subject, {
    ...common,
    table: metadataTable,
    each: (tx, [namespace, snapshotter, key]) =>
      local.has(snapshotter) ? checkMetadata(tx, { namespace, snapshotter, key }) : [],
  });
  yield* flat(subject, {
    ...common,
    table: metadataChildrenTable,
    each: (tx, [namespace, snapshotter, parentNumber, number]) =>
      local.has(snapshotter) ? checkMetadataLink(tx, { namespace, snapshotter, parentNumber, number }) : [],
  });
}

async function* flat<K extends readonly (string | number)[], V>(
  { store }: CheckSubject,
  pages: Pages<K, V, Found>,
): AsyncGenerator<Found> {
  for await (const page of inPages(store, pages)) yield* page;
}
