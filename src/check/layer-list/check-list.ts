/**
 * Whether the list of the layers of a snapshotter is whole, and says of each layer what the records say. What looks wrong
 * is looked at a second time, when every change that could be seen by then has been told to whoever keeps the list.
 */
import { messageOf, throwIfAborted } from '../../errors/index.js';
import { type CallContext, type DescribedFiles, idsTable, snapshotsTable } from '../../snapshots/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import type { FindingKind } from '../findings/kinds.js';
import type { CheckedList } from '../findings/types.js';
import { afterChanges } from '../scan/file-check.js';
import { type Found, found, quoted } from '../scan/found.js';
import { inPages, readable } from '../scan/read.js';
import { fingerprintOf } from './entry.js';
import { layerListPath, linesOfList } from './read-list.js';
import { recordedLayer } from './recorded-layer.js';

/** Which list is checked, and against what. */
export interface ListCheckOptions {
  readonly store: Store;
  /** The snapshotter. */
  readonly name: string;
  readonly list: CheckedList;
  /** What says where the files of a layer are; absent where its id does. */
  readonly described: DescribedFiles | undefined;
  readonly call: CallContext;
}

/**
 * Checks a list. Reads all of it, and keeps some hundred bytes for each layer in memory meanwhile.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function checkList(options: ListCheckOptions): Promise<Found[]> {
  try {
    const first = await readList(options);
    const suspects = await suspectsOf(options, first);
    if (suspects.length === 0 && first.damage === undefined) return [];
    await afterChanges(options.store);
    return await lookAgain(options, suspects);
  } catch (error) {
    throwIfAborted(options.call.signal);
    return [finding(options, 'unreadable-file', messageOf(error))];
  }
}

interface ListRead {
  /** What it says of each layer, by ids. */
  readonly fingerprints: ReadonlyMap<number, string>;
  /** What is wrong with its lines. */
  readonly damage: string | undefined;
  readonly isEmpty: boolean;
}

function readList({ name, list, call }: ListCheckOptions): Promise<ListRead> {
  return list.settled(async () => {
    const fingerprints = new Map<number, string>();
    const bad: number[] = [];
    let [lines, begins] = [0, false];
    for await (const { number, line } of linesOfList(list.root, name, call.signal)) {
      lines = number;
      if (line === undefined) bad.push(number);
      else if (line.type === 'begin') begins = true;
      else if (line.type === 'layer') fingerprints.set(line.layer.record.id, fingerprintOf(line.layer));
    }
    const isEmpty = lines === 0;
    return { fingerprints, damage: damageOf(bad, begins || isEmpty), isEmpty };
  });
}

const shown = 5;

function listed(items: readonly string[]): string {
  return `${items.slice(0, shown).join(', ')}${items.length > shown ? ', ...' : ''}`;
}

function damageOf(bad: readonly number[], begins: boolean): string | undefined {
  const lines =
    bad.length === 1 ? `line ${bad[0]} is damaged` : `${bad.length} lines are damaged: ${listed(bad.map(String))}`;
  const problems = [...(bad.length === 0 ? [] : [lines]), ...(begins ? [] : ['it has no beginning'])];
  return problems.length === 0 ? undefined : problems.join(', and ');
}

/** The ids of layers of which the list does not say what the records say. */
async function suspectsOf(options: ListCheckOptions, { fingerprints }: ListRead): Promise<number[]> {
  const { store, name, call } = options;
  const pages = inPages<readonly [string, string], unknown, number | undefined>(store, {
    table: snapshotsTable,
    prefix: [name],
    signal: call.signal,
    each: (tx, [, key]) => {
      const layer = recordedLayer(tx, options, key);
      return layer === undefined || fingerprints.get(layer.record.id) === fingerprintOf(layer) ? [] : [layer.record.id];
    },
    // A finding of its own.
    onBad: () => undefined,
  });
  const suspects: number[] = [];
  for await (const page of pages) suspects.push(...page.filter((id) => id !== undefined));
  return suspects;
}

interface Recorded {
  readonly key: string;
  readonly fingerprint: string;
}

function recordedAt(tx: ReadTransaction, options: ListCheckOptions, id: number): Recorded | undefined {
  const key = readable(tx, idsTable, [options.name, id]);
  const layer = key === undefined ? undefined : recordedLayer(tx, options, key);
  return layer?.record.id === id ? { key: layer.key, fingerprint: fingerprintOf(layer) } : undefined;
}

async function lookAgain(options: ListCheckOptions, suspects: readonly number[]): Promise<Found[]> {
  const at = (id: number) => options.store.read((tx) => recordedAt(tx, options, id));
  const before = new Map(suspects.map((id) => [id, at(id)?.fingerprint]));
  const { fingerprints, damage, isEmpty } = await readList(options);
  const lacking: string[] = [];
  for (const id of suspects) {
    const now = at(id);
    // What has changed since is told, and not written yet.
    if (now === undefined || now.fingerprint !== before.get(id)) continue;
    if (fingerprints.get(id) !== now.fingerprint) lacking.push(quoted(now.key));
  }
  const founds = damage === undefined ? [] : [finding(options, 'damaged-list', damage)];
  return lacking.length === 0 ? founds : [...founds, finding(options, 'incomplete-list', lackOf(lacking, isEmpty))];
}

function lackOf(names: readonly string[], isEmpty: boolean): string {
  const what = isEmpty ? 'it is empty or not there, and' : 'it';
  const layers = names.length === 1 ? 'one layer' : `${names.length} layers`;
  return `${what} does not say of ${layers} what the records say: ${listed(names)}`;
}

function finding({ name, list }: ListCheckOptions, kind: FindingKind, message: string): Found {
  return found(kind, { type: 'list' }, { snapshotter: name, path: layerListPath(list.root), message });
}
