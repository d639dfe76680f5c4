import { DataLossError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import type { CallContext, CheckLevel, DriverChecker } from '../../snapshots/index.js';
import type { ReadTransaction } from '../../store/index.js';
import type { CheckedSnapshotter, CheckSubject } from '../findings/types.js';
import { compareWithFront } from '../front/compare.js';
import { checkFiles } from './file-check.js';
import type { Found } from './found.js';
import { hasRecords, type IdRange, type Recorded, recordedPages } from './recorded.js';
import { checkRows, checkWhole } from './records.js';
import { checkStore } from './store.js';
import { checkPlace, checkStrays } from './stray-check.js';

/** What an examination has counted so far. */
export interface Tally {
  snapshots: number;
  compared: number;
  withoutFileList: number;
  readonly unseen: Set<string>;
  readonly unread: Set<string>;
  /** Of the containerd in front: `compared`, or why not. */
  containerd?: string;
}

/** Nothing counted yet. */
export function newTally(): Tally {
  return { snapshots: 0, compared: 0, withoutFileList: 0, unseen: new Set(), unread: new Set() };
}

/** How to examine. */
export interface Examination {
  readonly subject: CheckSubject;
  readonly level: CheckLevel;
  readonly call: CallContext;
  readonly tally: Tally;
}

/**
 * Examines everything and changes nothing: the store's own file, the records, the files of the snapshots, and what has no
 * record. Gives what it finds as it goes.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; FailedPreconditionError when the snapshots
 * directory of a snapshotter is gone as a whole, which says more about the disk than about each snapshot.
 */
export async function* examine(examination: Examination): AsyncGenerator<Found> {
  const { subject, call } = examination;
  const damage = await checkStore(subject.store, call);
  yield* damage;
  try {
    yield* examineContent(examination);
  } catch (error) {
    // Where it cannot be read, that has been told already, and how to go on.
    if (damage.length === 0 || !(error instanceof DataLossError)) throw error;
  }
}

async function* examineContent(examination: Examination): AsyncGenerator<Found> {
  const { subject } = examination;
  for (const { name, files } of subject.snapshotters) {
    if (files !== undefined) await requirePlace(subject, name, files);
  }
  yield* subject.store.read(checkWhole);
  yield* examineSnapshots(examination);
  for (const snapshotter of subject.snapshotters) yield* examineStrays(examination, snapshotter);
  yield* examineFront(examination);
}

/** @throws FailedPreconditionError when there are records, but no snapshots directory at all. */
async function requirePlace({ store }: CheckSubject, name: string, files: DriverChecker): Promise<void> {
  try {
    for await (const _ of files.ids()) return;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    if (!store.read((tx) => hasRecords(tx, name))) return;
    const message = `all files of the snapshotter ${name} are gone (${error.context}); is their file system mounted?`;
    throw new FailedPreconditionError(message, { cause: error });
  }
}

async function* examineSnapshots(examination: Examination): AsyncGenerator<Found> {
  const { subject, call, tally } = examination;
  const snapshotters = new Map(subject.snapshotters.map((snapshotter) => [snapshotter.name, snapshotter]));
  const ask = (tx: ReadTransaction, range: IdRange) => checkRows(tx, range);
  for await (const { recorded, extra: inRows } of recordedPages(subject.store, ask, call.signal)) {
    yield* inRows;
    tally.snapshots += recorded.length;
    for (const one of recorded) yield* await examineFiles(examination, snapshotters.get(one.snapshotter), one);
  }
}

async function examineFiles(
  { subject: { store }, call, level, tally }: Examination,
  snapshotter: CheckedSnapshotter | undefined,
  recorded: Recorded,
): Promise<readonly Found[]> {
  const files = snapshotter?.files;
  if (files === undefined) {
    tally.unseen.add(recorded.snapshotter);
    return [];
  }
  const seen = await checkFiles({ store, files, level, call }, recorded);
  if (seen.compared === true) tally.compared += 1;
  else if (seen.compared === false) tally.withoutFileList += 1;
  if (seen.unread === true) tally.unread.add(recorded.snapshotter);
  return seen.found;
}

async function* examineFront({ subject, call, tally }: Examination): AsyncGenerator<Found> {
  const { store, front, frontProblem } = subject;
  if (front === undefined) {
    if (frontProblem !== undefined) tally.containerd = frontProblem;
    return;
  }
  yield* compareWithFront({ store, front, call });
  tally.containerd = 'compared';
}

async function* examineStrays(
  { subject: { store }, call, level }: Examination,
  snapshotter: CheckedSnapshotter,
): AsyncGenerator<Found> {
  const { files } = snapshotter;
  if (files === undefined) return;
  try {
    yield* await checkStrays({ store, snapshotter, files, call });
    yield* await checkPlace(snapshotter.name, files, level);
  } catch (error) {
    // Where there are no snapshots there need not be a directory for them.
    if (!(error instanceof NotFoundError)) throw error;
  }
}
