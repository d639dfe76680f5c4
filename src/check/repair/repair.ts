import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, throwIfAborted } from '../../errors/index.js';
import { mountsMadeOf } from '../../linux/index.js';
import { type CallContext, type FileProblem, snapshotsTable } from '../../snapshots/index.js';
import { findingKinds } from '../findings/kinds.js';
import type { CheckedSnapshotter, CheckSubject, RepairAction } from '../findings/types.js';
import { checkList } from '../layer-list/check-list.js';
import { layerListPath } from '../layer-list/read-list.js';
import { checkFiles, findAgain, isExpected, pathsThere, recordedFiles } from '../scan/file-check.js';
import type { Found } from '../scan/found.js';
import { readable } from '../scan/read.js';
import { type Doomed, doomedWith, removeRecords } from './doomed.js';
import { type Kept, type Lost, takeAway } from './lost-and-found.js';
import { isStillThere, mendRecord } from './mend-records.js';
import type { PlannedStep } from './plan.js';

const goneMeanwhile = 'it is not as it was found any more';

/** Does one step of a repair, after looking again, and tells how it fared. A failure leaves things as they were. */
export async function performStep(subject: CheckSubject, step: PlannedStep, call: CallContext): Promise<RepairAction> {
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

async function perform(subject: CheckSubject, step: PlannedStep, call: CallContext): Promise<boolean> {
  const { found } = step;
  const { snapshotter: name, remedy } = found.finding;
  const snapshotter = subject.snapshotters.find((candidate) => candidate.name === name);
  if (snapshotter === undefined) return false;
  const parts: Parts = { subject, snapshotter, found, call };
  if (remedy === 'drop-snapshot') return drop(parts, step.doomed);
  if (found.place.type === 'files') return mendFiles(parts, found.place);
  if (found.place.type === 'stray') return moveStray(parts, found.place.name);
  if (found.place.type === 'list') return mendList(parts);
  if (found.place.type === 'place') return mendPlace(parts, found.place.problem);
  const scope = { name, namespaced: subject.namespaced };
  return subject.store.write((tx) => mendRecord(tx, scope, found));
}

interface Parts {
  readonly subject: CheckSubject;
  readonly snapshotter: CheckedSnapshotter;
  readonly found: Found;
  readonly call: CallContext;
}

type FilesPlace = Extract<Found['place'], { readonly type: 'files' }>;

/** Between looking at the record and mending nothing else runs. */
async function mendFiles(parts: Parts, place: FilesPlace): Promise<boolean> {
  const { snapshotter, found } = parts;
  const { store } = parts.subject;
  const { key, id, problem } = place;
  if (found.finding.remedy === 'move-away') return (await isStillWrong(parts)) && movePath(parts, problem);
  const now = store.read((tx) => {
    const record = readable(tx, snapshotsTable, [snapshotter.name, key]);
    return record?.id === id ? findAgain(tx, snapshotter.name, { key, record }) : undefined;
  });
  return (
    now !== undefined && (await snapshotter.files?.mend(recordedFiles({ store, snapshotter }, now), problem)) === true
  );
}

/** Mends what lies beside the snapshots, if it is still so. */
async function mendPlace(parts: Parts, problem: FileProblem): Promise<boolean> {
  const { snapshotter, found } = parts;
  const { level } = findingKinds[problem.kind];
  const now = (await snapshotter.files?.inspectPlace?.(level)) ?? [];
  const isStill = now.some(({ kind, path, mendable }) => kind === problem.kind && path === problem.path && mendable);
  if (!isStill) return false;
  if (found.finding.remedy === 'move-away') return movePath(parts, problem);
  return (await snapshotter.files?.mendPlace?.(problem)) === true;
}

/** Whatever was in the list is kept, since nobody can tell what the damaged lines said. */
async function mendList({ subject, snapshotter, found, call }: Parts): Promise<boolean> {
  const { name, list, files } = snapshotter;
  if (list === undefined) return false;
  const now = await checkList({ store: subject.store, name, list, described: files?.described, call });
  if (!now.some(({ finding: { remedy } }) => remedy === found.finding.remedy)) return false;
  const path = layerListPath(list.root);
  const from = lstatSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
  const lost = { name: basename(path), from, story: { why: found.finding }, faults: subject.faults };
  const kept = from.length === 0 ? undefined : takeAway(subject.lostAndFound(name), lost);
  try {
    await list.rewrite();
    return true;
  } catch (error) {
    kept?.putBack();
    throw error;
  }
}

/** What is mounted of files tells a person whose they are, and what stands below them. */
function shownBy(from: readonly string[]): object {
  const mounts = from.flatMap(mountsMadeOf).map(({ point, type, options }) => ({ point, type, options }));
  return mounts.length === 0 ? {} : { mounts };
}

function movePath({ subject, snapshotter, found }: Parts, { path }: FileProblem): boolean {
  const lost = { name: basename(path), from: [path], story: { why: found.finding } };
  takeAway(subject.lostAndFound(snapshotter.name), lost);
  return true;
}

/** Between looking for a record and moving nothing else runs. */
async function moveStray({ subject, snapshotter, found }: Parts, name: string): Promise<boolean> {
  const { files } = snapshotter;
  if (files === undefined || isExpected(subject.store, snapshotter, name)) return false;
  await files.letGo?.(name);
  if (isExpected(subject.store, snapshotter, name)) return false;
  const { faults } = subject;
  const from = pathsThere(files, name);
  const story = { why: found.finding, ...shownBy(from) };
  const lost = { name, from, rename: files.rename, story, faults };
  const place = subject.lostAndFound(snapshotter.name);
  if (files.forget === undefined) takeAway(place, lost);
  else await forgetDevice(place, lost, () => files.forget?.(name));
  return true;
}

/** The note of where a device is found is there before it is forgotten. */
async function forgetDevice(place: string, lost: Lost, forget: () => Promise<object | undefined> | undefined) {
  const device = await forget();
  return takeAway(place, { ...lost, story: { ...lost.story, device } });
}

/**
 * Drops a snapshot that is beyond repair. The files are moved first: a crash then leaves records without files, which
 * the next repair drops, whereas files without records are deleted at the next start.
 */
async function drop(parts: Parts, planned: readonly Doomed[]): Promise<boolean> {
  const { subject, snapshotter, found } = parts;
  if (found.place.type === 'files' && !(await isStillWrong(parts))) return false;
  const kept: Kept[] = [];
  try {
    for (const one of planned) kept.push(await moveAway(parts, one));
    const [first] = planned;
    const allowed = new Set(planned.map(({ key }) => key));
    const done = await subject.store.write((tx) => {
      if (first === undefined) return false;
      const scope = { name: snapshotter.name, namespaced: subject.namespaced };
      if (found.place.type !== 'files' && !isStillThere(tx, scope, found)) return false;
      const doomed = doomedWith(tx, snapshotter.name, first.key);
      if (doomed.length === 0 || doomed.some(({ key }) => !allowed.has(key))) return false;
      for (const one of doomed) removeRecords(tx, snapshotter.name, one);
      return true;
    });
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

async function isStillWrong({ subject, snapshotter, found, call }: Parts): Promise<boolean> {
  const { place, finding } = found;
  const { files } = snapshotter;
  if (place.type !== 'files' || files === undefined) return false;
  const record = subject.store.read((tx) => readable(tx, snapshotsTable, [snapshotter.name, place.key]));
  if (record?.id !== place.id) return false;
  const { level } = findingKinds[finding.kind];
  const options = { store: subject.store, snapshotter, files, level, call };
  const seen = await checkFiles(options, { key: place.key, record });
  return seen.found.some((other) => other.finding.kind === finding.kind);
}

async function moveAway({ subject, snapshotter, found }: Parts, doomed: Doomed): Promise<Kept> {
  const { key, id, record, metadata } = doomed;
  const { files, name } = snapshotter;
  if (id !== undefined) await files?.letGo?.(String(id));
  const from = files === undefined || id === undefined ? [] : pathsThere(files, String(id));
  const story = { why: found.finding, snapshotter: name, key, record, metadata, ...shownBy(from) };
  const lost = { name: String(id ?? 'unknown'), from, rename: files?.rename, story, faults: subject.faults };
  return takeAway(subject.lostAndFound(name), lost);
}
