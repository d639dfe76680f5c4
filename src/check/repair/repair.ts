import { basename } from 'node:path';
import { messageOf, throwIfAborted } from '../../errors/index.js';
import { mountsMadeOf } from '../../linux/index.js';
import type { CallContext, FileProblem } from '../../snapshots/index.js';
import { findingKinds } from '../findings/kinds.js';
import type { CheckAction, CheckedSnapshotter, CheckSubject } from '../findings/types.js';
import { checkFiles } from '../scan/file-check.js';
import type { Found, Place } from '../scan/found.js';
import { findRecorded } from '../scan/recorded.js';
import { isExpected, pathsThere } from '../scan/stray-check.js';
import { type Doomed, doomedWith, removeDoomed } from './doomed.js';
import { type Kept, type Lost, takeAway } from './lost-and-found.js';
import type { PlannedStep } from './plan.js';
import { isStillThere, repairRecord } from './repair-records.js';

const goneMeanwhile = 'it is not as it was found any more';

/** Does one step of a repair, after checking again, and returns its outcome. A failure leaves things as they were. */
export async function performStep(subject: CheckSubject, step: PlannedStep, call: CallContext): Promise<CheckAction> {
  const { action } = step;
  throwIfAborted(call.signal);
  try {
    const done = await perform(subject, step, call);
    return done ? { ...action, state: 'done' } : { ...action, state: 'skipped', reason: goneMeanwhile };
  } catch (error) {
    throwIfAborted(call.signal);
    return { ...action, state: 'failed', reason: messageOf(error) };
  }
}

async function perform(subject: CheckSubject, { found, doomed }: PlannedStep, call: CallContext): Promise<boolean> {
  const { place, remedy } = found;
  if (remedy === 'drop-snapshot') return drop({ subject, found, call }, doomed);
  const snapshotter = snapshotterOf(subject, found.finding.snapshotter);
  if (place.type === 'files') return repairFiles({ subject, snapshotter, found, call }, place);
  if (place.type === 'stray') return moveStray({ subject, snapshotter, found, call }, place.name);
  if (place.type === 'front') return (await subject.front?.forget(place.snapshot, call)) === true;
  if (place.type === 'place') return repairPlace({ subject, snapshotter, found, call }, place.problem);
  return subject.store.write((tx) => repairRecord(tx, found));
}

function snapshotterOf({ snapshotters }: CheckSubject, name: string | undefined): CheckedSnapshotter | undefined {
  return snapshotters.find((candidate) => candidate.name === name);
}

interface Parts {
  readonly subject: CheckSubject;
  readonly found: Found;
  readonly call: CallContext;
}

interface FileParts extends Parts {
  readonly snapshotter: CheckedSnapshotter | undefined;
}

type FilesPlace = Extract<Place, { readonly type: 'files' }>;

/** Nothing else runs between reading the record and repairing. */
async function repairFiles(parts: FileParts, { id, problem }: FilesPlace): Promise<boolean> {
  const { subject, snapshotter, found } = parts;
  if (found.remedy === 'move-away') return (await isStillWrong(parts, id)) && movePath(parts, problem);
  const now = subject.store.read((tx) => findRecorded(tx, id));
  return now !== undefined && (await snapshotter?.files?.repair(now, problem)) === true;
}

/** Repairs what lies beside the snapshots, if it is still so. */
async function repairPlace(parts: FileParts, problem: FileProblem): Promise<boolean> {
  const { snapshotter, found } = parts;
  const now = (await snapshotter?.files?.inspectPlace?.(findingKinds[found.kind].level)) ?? [];
  const isStill = now.some(
    ({ kind, path, repairable }) => kind === problem.kind && path === problem.path && repairable,
  );
  if (!isStill) return false;
  if (found.remedy === 'move-away') return movePath(parts, problem);
  return (await snapshotter?.files?.repairPlace?.(problem)) === true;
}

function movePath({ subject, found }: Parts, { path }: FileProblem): boolean {
  const lost = { name: basename(path), from: [path], story: { why: found.finding } };
  takeAway(subject.lostAndFound(found.finding.snapshotter ?? ''), lost);
  return true;
}

/** The mounts that use files tell a person whose they are. */
function shownBy(from: readonly string[]): object {
  const mounts = from.flatMap(mountsMadeOf).map(({ point, type, options }) => ({ point, type, options }));
  return mounts.length === 0 ? {} : { mounts };
}

/** Nothing else runs between looking for a record and moving the files. */
async function moveStray({ subject, snapshotter, found }: FileParts, name: string): Promise<boolean> {
  const files = snapshotter?.files;
  if (snapshotter === undefined || files === undefined || isExpected(subject.store, snapshotter, name)) return false;
  await files.letGo?.(name);
  if (isExpected(subject.store, snapshotter, name)) return false;
  const from = pathsThere(files, name);
  const story = { why: found.finding, ...shownBy(from) };
  const lost = { name, from, rename: files.rename, story, faults: subject.faults };
  const place = subject.lostAndFound(snapshotter.name);
  if (files.forget === undefined) takeAway(place, lost);
  else await forgetDevice(place, lost, () => files.forget?.(name));
  return true;
}

async function forgetDevice(
  place: string,
  lost: Lost,
  forget: () => Promise<object | undefined> | undefined,
): Promise<void> {
  const device = await forget();
  takeAway(place, { ...lost, story: { ...lost.story, device } });
}

/**
 * Drops a snapshot that is beyond repair. The files are moved first: a crash then leaves a record without files, which
 * the next repair drops, whereas files without a record are deleted at the next start.
 */
async function drop(parts: Parts, planned: readonly Doomed[]): Promise<boolean> {
  const { subject, found } = parts;
  const id = found.finding.id ?? '';
  const ofFiles = found.place.type === 'files';
  if (ofFiles && !(await isStillWrong(parts, id))) return false;
  const kept: Kept[] = [];
  try {
    for (const one of planned) kept.push(await moveAway(parts, one));
    const allowed = new Set(planned.map((one) => one.id));
    const done = await subject.store.write(
      (tx) => {
        if (!ofFiles && !isStillThere(tx, found)) return false;
        const doomed = doomedWith(tx, id);
        if (doomed.length === 0 || doomed.some((one) => !allowed.has(one.id))) return false;
        removeDoomed(tx, id);
        return true;
      },
      { frees: true },
    );
    if (done) subject.faults?.reach('repair.recorded');
    else putAllBack(kept);
    return done;
  } catch (error) {
    putAllBack(kept);
    throw error;
  }
}

function putAllBack(kept: readonly Kept[]): void {
  for (const one of [...kept].reverse()) one.putBack();
}

async function isStillWrong({ subject, found, call }: Parts, id: string): Promise<boolean> {
  const files = snapshotterOf(subject, found.finding.snapshotter)?.files;
  const recorded = subject.store.read((tx) => findRecorded(tx, id));
  if (files === undefined || recorded === undefined) return false;
  const { level } = findingKinds[found.kind];
  const seen = await checkFiles({ store: subject.store, files, level, call }, recorded);
  return seen.found.some((other) => other.kind === found.kind);
}

async function moveAway({ subject, found }: Parts, { id, snapshotter: name, record }: Doomed): Promise<Kept> {
  const files = snapshotterOf(subject, name)?.files;
  await files?.letGo?.(String(id));
  const from = files === undefined ? [] : pathsThere(files, String(id));
  const story = { why: found.finding, record, ...shownBy(from) };
  const lost = { name: String(id), from, rename: files?.rename, story, faults: subject.faults };
  return takeAway(subject.lostAndFound(name), lost);
}
