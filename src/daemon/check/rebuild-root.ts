import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, layerListPath, rebuildLayers } from '../../check/index.js';
import { DataLossError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { type CallContext, noContext, reservedIdsTable, snapshotsTable } from '../../snapshots/index.js';
import { type Store, setLmdbStoreAside } from '../../store/index.js';
import { listBackups } from '../backup/backup-files.js';
import { restoreRoot } from '../backup/root.js';
import type { Config } from '../config/index.js';
import { backupDirectory } from '../parts/backup.js';
import { claimFace, faceOf } from '../parts/face.js';
import { openRootStore, storeDirectory } from '../parts/root-store.js';
import { checkerOf, snapshotterRoot, snapshotters } from './checkers.js';

/** Which records a root has now. */
export interface RebuiltRoot {
  /** The backup that they were taken from; undefined when there was none. */
  readonly file: string | undefined;
  /** How many layers that no backup knew got their records back, since they describe themselves. */
  readonly layers: number;
  /** The directory with the records that could not be read; undefined when there were none. */
  readonly replaced: string | undefined;
  /** Descriptions of layers that are damaged or contradict what else is known. */
  readonly findings: readonly Finding[];
}

/**
 * Gives a root whose records are gone or cannot be read what the disk still tells: the records of the newest backup that
 * can be read, and those of all layers that describe themselves and that it does not know. Nothing is guessed: what a
 * layer says of itself is taken only where all of it fits. A repair afterwards moves to lost+found what nothing speaks of.
 * @throws FailedPreconditionError when the records can be read, or a process has them; NotFoundError when there is
 * neither a backup nor a list of layers; DataLossError when no backup can be read, and there is no list. Nothing has
 * changed then.
 */
export async function rebuildRoot(config: Config, call: CallContext = noContext): Promise<RebuiltRoot> {
  await requireUnreadable(config, call);
  const restored = await restoreNewest(config, call);
  if (restored.file === undefined && !snapshotters.some((name) => existsSync(layerListOf(config, name)))) {
    throw restored.failure;
  }
  const path = storeDirectory(config.root);
  const replaced =
    restored.file === undefined ? (await setLmdbStoreAside({ path, now: new Date() })).replaced : restored.replaced;
  return { file: restored.file, replaced, ...(await placeLayers(config, call)) };
}

interface Restored {
  readonly file: string | undefined;
  readonly replaced: string | undefined;
  /** Why there is none. */
  readonly failure: unknown;
}

async function restoreNewest(config: Config, call: CallContext): Promise<Restored> {
  const directory = backupDirectory(config);
  let failure: unknown = new NotFoundError(
    `there is no backup in ${directory}, and no layer below ${config.root} describes itself`,
  );
  for (const { path: file } of await listBackups(directory)) {
    try {
      const { replaced } = await restoreRoot(config, file, call);
      return { file, replaced, failure: undefined };
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      failure = error;
    }
  }
  return { file: undefined, replaced: undefined, failure };
}

function layerListOf(config: Config, name: string): string {
  return layerListPath(snapshotterRoot(config, name));
}

async function placeLayers(config: Config, call: CallContext): Promise<Pick<RebuiltRoot, 'layers' | 'findings'>> {
  await using store = await openRootStore(config.root, call.signal);
  const findings: Finding[] = [];
  let layers = 0;
  for (const name of snapshotters) {
    const root = snapshotterRoot(config, name);
    const files = checkerOf(config, store, name);
    if (files === undefined) continue;
    const rebuilt = await rebuildLayers({ store, name, root, files }, call);
    layers += rebuilt.placed;
    findings.push(...rebuilt.findings);
    if (rebuilt.placed > 0) await keepFace(store, rebuilt.face);
  }
  return { layers, findings };
}

/** The root is served as it was before, unless the backup says how. */
async function keepFace(store: Store, face: string | undefined): Promise<void> {
  if (faceOf(store) === undefined && (face === 'namespaced' || face === 'proxy')) await claimFace(store, face);
}

async function requireUnreadable(config: Config, { signal }: CallContext): Promise<void> {
  const { root } = config;
  const path = storeDirectory(root);
  if (!existsSync(join(path, 'data.mdb'))) return;
  try {
    await using store = await openRootStore(root, signal);
    if (isNew(config, store)) return;
  } catch (error) {
    if (error instanceof DataLossError) return;
    throw error;
  }
  throw new FailedPreconditionError(`the records of ${root} can be read; "strata check --repair" mends what is wrong`);
}

/**
 * Whether a store has been made in the place of one that was lost: it was never served, or it has no snapshots and knows
 * nothing of a snapshotter whose layers describe themselves, and which has not been started for that.
 */
function isNew(config: Config, store: Store): boolean {
  return store.read((tx) => {
    if (isEmpty(tx.keys(reservedIdsTable))) return true;
    const unknown = snapshotters.filter((name) => !tx.has(reservedIdsTable, [name]));
    return isEmpty(tx.keys(snapshotsTable)) && unknown.some((name) => existsSync(layerListOf(config, name)));
  });
}

function isEmpty(keys: Iterable<unknown>): boolean {
  for (const _ of keys) return false;
  return true;
}
