/** Looks whether a daemon that was killed and started again has everything, and nothing else. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Info, type Snapshotter, type StrataClient, UnavailableError } from 'strata-snapshotter';
import { DaemonDied } from './caller.js';
import { type Entry, idOf, type Ledger } from './ledger.js';

const directoryLabel = 'containerd.io/snapshot/overlay.upperdir';

/** What is looked at. */
export interface Scene {
  readonly client: StrataClient;
  readonly ledger: Ledger;
  /** The directory with one directory per snapshot. */
  readonly snapshots: string;
  /** How closely the daemon's own check looks. */
  readonly level: CheckLevel;
}

type CheckLevel = 'normal' | 'deep';
type Walker = Pick<Snapshotter, 'walk'>;

/**
 * Settles the ledger by what is there, and compares: names, kinds, parents, labels; the directories on disk, after a
 * clean-up, with the ids of the records; the content of every file. The daemon's own check must find nothing.
 * @returns how many calls had happened whose answer never came.
 * @throws AssertionError at the first difference; DaemonDied when the daemon ended meanwhile, with the ledger as it was.
 */
export async function examine({ client, ledger, snapshots, level }: Scene): Promise<number> {
  const snapshotter = client.snapshotter();
  const left = directoriesIn(snapshots);
  const found = await ask(everything(snapshotter));
  await ask(snapshotter.cleanup());
  const happened = ledger.settle(found);
  assert.deepEqual([...found.keys()], [...ledger.entries.keys()].sort(), 'names');
  for (const [name, info] of found) compare(name, { info, ledger });
  const ids = [...ledger.entries.values()].map(({ directory }) => idOf(directory ?? '')).sort();
  assert.deepEqual(directoriesIn(snapshots), ids, 'directories on disk');
  for (const id of left) if (!ids.includes(id)) ledger.lost(id);
  for (const [name, entry] of ledger.entries) compareFiles(name, entry);
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

async function ask<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof UnavailableError ? new DaemonDied(error.message, { cause: error }) : error;
  }
}

function directoriesIn(snapshots: string): string[] {
  return readdirSync(snapshots).sort();
}

function compare(name: string, { info, ledger }: { readonly info: Info; readonly ledger: Ledger }): void {
  const expected = ledger.entries.get(name);
  const labels = new Map(info.labels);
  const directory = labels.get(directoryLabel);
  labels.delete(directoryLabel);
  const { kind, parent } = info;
  const { kind: wantedKind, parent: wantedParent, labels: wantedLabels } = expected ?? {};
  assert.deepEqual([kind, parent, labels], [wantedKind, wantedParent, wantedLabels], name);
  ledger.located(name, directory ?? '');
}

function compareFiles(name: string, { directory = '', files, kind }: Entry): void {
  assert.deepEqual(readdirSync(directory).sort(), [...files.keys()].sort(), `files of ${name}`);
  for (const [file, content] of files) {
    assert.equal(readFileSync(path.join(directory, file), 'utf8'), content, `${file} of ${name}`);
  }
  const beside = readdirSync(path.dirname(directory)).sort();
  assert.ok(beside.includes('fs'), `${name} has no files`);
  if (kind === 'active') assert.ok(beside.includes('work'), `${name} has no work directory`);
}
