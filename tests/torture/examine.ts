/** Looks whether a daemon that was killed and started again has everything, and nothing else. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { type Info, type Snapshotter, type StrataClient, UnavailableError } from '../../src/index.js';
import { namesIn } from './back-ends/back-end.js';
import type { TorturedBackEnd } from './back-ends/index.js';
import { DaemonDied, limitLabel } from './caller.js';
import type { Places } from './configuration.js';
import { type Entry, type Ledger, shownBy } from './ledger.js';

const directoryLabel = 'containerd.io/snapshot/overlay.upperdir';

/** What is looked at. */
export interface Scene {
  readonly client: StrataClient;
  readonly ledger: Ledger;
  readonly backEnd: TorturedBackEnd;
  readonly places: Places;
  /** How closely the daemon's own check looks. */
  readonly level: CheckLevel;
}

type CheckLevel = 'normal' | 'deep';
type Walker = Pick<Snapshotter, 'walk'>;

/**
 * Settles the ledger by what is there, and compares: names, kinds, parents, labels and mounts; after a clean-up all that
 * lies on disk and is mounted with what the records need; the content of every file; the limits. The daemon's own check
 * must find nothing.
 * @returns how many calls had happened whose answer never came.
 * @throws AssertionError at the first difference; DaemonDied when the daemon ended meanwhile, with the ledger as it was.
 */
export async function examine({ client, ledger, backEnd, places, level }: Scene): Promise<number> {
  const snapshotter = client.snapshotter(backEnd.snapshotter);
  const { driver } = places;
  const left = namesIn(path.join(driver, 'snapshots'));
  const found = await ask(everything(snapshotter));
  const ids = await ask(idsOf(found, { snapshotter, backEnd }));
  await ask(snapshotter.cleanup());
  const happened = ledger.settle(found);
  assert.deepEqual([...found.keys()], [...ledger.entries.keys()].sort(), 'names');
  for (const [name, info] of found) compare(name, { info, ledger });
  for (const [name, id] of ids) ledger.located(name, id);
  await backEnd.requireNothingElse(driver, ledger.entries);
  const known = new Set([...ledger.entries.values()].map(({ id }) => id));
  for (const id of left) if (!known.has(id)) ledger.lost(id);
  for (const [name, entry] of ledger.entries) await compareFiles(name, entry, { backEnd, root: driver });
  assert.deepEqual(
    namesIn(path.join(places.root, 'io.strata.store.v1.sqlite')).filter((name) => name.startsWith('.strata')),
    [],
    'beside the records',
  );
  assert.deepEqual(await ask(findings(client, level)), [], `strata check, ${level}`);
  return happened;
}

/** What `strata check` says. */
async function findings({ maintenance }: StrataClient, level: CheckLevel): Promise<string[]> {
  const found: string[] = [];
  for await (const event of maintenance.check({ level })) {
    if (event.type === 'finding') found.push(`${event.finding.kind}: ${JSON.stringify(event.finding)}`);
  }
  return found;
}

async function everything(snapshotter: Walker): Promise<Map<string, Info>> {
  const found = new Map<string, Info>();
  for await (const info of snapshotter.walk()) {
    assert.ok(!found.has(info.name), `${info.name} is listed twice`);
    found.set(info.name, info);
  }
  return found;
}

interface Asked extends Pick<Scene, 'backEnd'> {
  readonly snapshotter: Snapshotter;
}

/** The ids of snapshots that can be mounted and have files of their own; all that can be are asked for their mounts. */
async function idsOf(found: ReadonlyMap<string, Info>, { snapshotter, backEnd }: Asked): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const [name, { kind, parent, labels }] of found) {
    const mounts = kind === 'committed' ? [] : await snapshotter.mounts(name);
    const hasOwn = kind === 'active' || parent === '';
    const id = labels.get(directoryLabel)?.split('/').at(-2) ?? (hasOwn ? backEnd.idOf(mounts) : undefined);
    if (id !== undefined) ids.set(name, id);
  }
  return ids;
}

async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof UnavailableError ? new DaemonDied(error.message, { cause: error }) : error;
  }
}

function compare(name: string, { info, ledger }: { readonly info: Info; readonly ledger: Ledger }): void {
  const expected = ledger.entries.get(name);
  const labels = new Map(info.labels);
  labels.delete(directoryLabel);
  const { kind, parent } = info;
  const { kind: wantedKind, parent: wantedParent, labels: wantedLabels } = expected ?? {};
  assert.deepEqual([kind, parent, labels], [wantedKind, wantedParent, wantedLabels], name);
}

async function compareFiles(
  name: string,
  entry: Entry,
  { backEnd, root }: { readonly backEnd: TorturedBackEnd; readonly root: string },
): Promise<void> {
  const { id, kind, labels, files } = entry;
  if (id === undefined) return;
  const wanted = backEnd.inherits ? shownBy(entry) : files;
  assert.deepEqual(sorted(await backEnd.read(root, { ...entry, id })), sorted(wanted), `files of ${name}`);
  const limit = labels.get(limitLabel);
  if (kind !== 'active' || limit === undefined || backEnd.limitOf === undefined) return;
  assert.equal(await backEnd.limitOf(root, { ...entry, id }), Number(limit), `limit of ${name}`);
}

function sorted(files: ReadonlyMap<string, string>): [name: string, content: string][] {
  return [...files].sort(([one], [other]) => (one < other ? -1 : 1));
}
