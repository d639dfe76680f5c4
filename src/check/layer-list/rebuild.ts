import { lstatSync } from 'node:fs';
import { DataLossError, messageOf, throwIfAborted } from '../../errors/index.js';
import {
  indexedTable,
  metadataChildrenTable,
  metadataTable,
  namespacesTable,
  numbersTable,
  requireNamespace,
} from '../../metadata/index.js';
import {
  type CallContext,
  childrenTable,
  type DriverChecker,
  idsTable,
  noLabels,
  reservedIdsTable,
  snapshotsTable,
} from '../../snapshots/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../../store/index.js';
import type { FindingKind } from '../findings/kinds.js';
import type { Finding } from '../findings/types.js';
import { checkedFiles } from '../scan/file-check.js';
import { found, quoted } from '../scan/found.js';
import { metadataPlaceOf } from '../scan/snapshot-records.js';
import type { ListedLayer, NamespacedLayer } from './entry.js';
import { layerListPath, readLayerList } from './read-list.js';

/** Whose layers get their records back, and where. */
export interface RebuildLayersOptions {
  /** Open for this alone, so that nobody else changes it. */
  readonly store: Store;
  /** The snapshotter. */
  readonly name: string;
  /** The directory of its files, where the list of its layers is. */
  readonly root: string;
  /** Looks at the files. */
  readonly files: DriverChecker;
}

/** What came of it. */
export interface RebuiltLayers {
  /** Which face of the daemon the layers were made with; undefined when there is no list that tells. */
  readonly face: string | undefined;
  /** How many layers got their records back. */
  readonly placed: number;
  /** What could not be read or placed. */
  readonly findings: readonly Finding[];
}

/**
 * Gives the layers of a snapshotter that describe themselves, and that the records do not know, their records back: names,
 * parents, labels, times, in the snapshotter and in the namespace. A layer is placed only when its parent is there, its
 * files are, they take what they took when it was committed, and nothing else has its name, number or id. What is refused
 * is a finding, and keeps its files where they are. A layer whose files are gone was removed, and is passed over, and so is
 * one whose files were a later one's.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the error of the system when the list cannot
 * be read.
 */
export async function rebuildLayers(options: RebuildLayersOptions, call: CallContext): Promise<RebuiltLayers> {
  const { name, root, files } = options;
  const list = await readLayerList(root, name, call.signal);
  if (list === undefined) return { face: undefined, placed: 0, findings: [] };
  const findings: Finding[] = list.bad.map((line) => {
    const details = { snapshotter: name, path: layerListPath(root), message: `line ${line} is damaged` };
    return found('unreadable-description', { type: 'nowhere' }, details).finding;
  });
  await retireAll(options, list.layers);
  let placed = 0;
  // Those below come first, whatever their ids.
  const byDepth = latestOf(files, list.layers).sort((a, b) => a.record.parentIds.length - b.record.parentIds.length);
  for (const layer of byDepth) {
    const refused = await place(options, layer, call);
    if (refused === 'known' || refused === 'gone') continue;
    if (refused === undefined) placed += 1;
    else findings.push(finding(options, layer, refused));
  }
  return { face: list.face, placed, findings };
}

/** What is said of layers that are gone stays in the list for a while. */
async function retireAll({ store, files }: RebuildLayersOptions, layers: readonly ListedLayer[]): Promise<void> {
  const { described } = files;
  if (described === undefined) return;
  await store.write((tx) => {
    for (const { files: description } of layers) if (description !== undefined) described.retire(tx, description);
  });
}

/** Of those that are said to have the same files, the last: the others were gone when it got them. */
function latestOf({ described }: DriverChecker, layers: readonly ListedLayer[]): ListedLayer[] {
  const identityOf = ({ files }: ListedLayer) => (files === undefined ? undefined : described?.identify(files));
  const owners = new Map<string, number>();
  for (const layer of layers) {
    const identity = identityOf(layer);
    if (identity !== undefined) owners.set(identity, Math.max(layer.record.id, owners.get(identity) ?? 0));
  }
  return layers.filter((layer) => {
    const identity = identityOf(layer);
    return identity === undefined || owners.get(identity) === layer.record.id;
  });
}

/** What is wrong with the files of a layer; `gone` when there are none, undefined when nothing is. */
async function wrongOf(
  files: DriverChecker,
  { record: own, files: description }: ListedLayer,
  call: CallContext,
): Promise<string | undefined> {
  const layer = checkedFiles(own);
  if (files.described !== undefined) {
    if (description === undefined) return 'the list does not say where its files are';
    throwIfAborted(call.signal);
    const found = await files.described.find(layer, description);
    if (found.state === 'wrong') return found.message;
    return found.state === 'gone' ? 'gone' : undefined;
  }
  const isThere = files.pathsOf(layer.id).some((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  if (!isThere) return 'gone';
  const { problems } = await files.inspect(layer, 'normal', call);
  const wrong = problems.find(({ mendable }) => !mendable);
  return wrong === undefined ? undefined : `${wrong.path}: ${wrong.message}`;
}

function finding(
  { name, files }: RebuildLayersOptions,
  { key, record, metadata }: ListedLayer,
  message: string,
): Finding {
  const [path] = files.pathsOf(String(record.id));
  const kind: FindingKind = 'unplaced-layer';
  const details = {
    snapshotter: name,
    key: metadata?.key ?? key,
    id: String(record.id),
    message,
    ...(metadata === undefined ? {} : { namespace: metadata.namespace }),
    ...(path === undefined ? {} : { path }),
  };
  return found(kind, { type: 'nowhere' }, details).finding;
}

/** Why a layer is not placed; `known` or `gone` when it need not be, undefined when it is. */
async function place(
  { store, name, files }: RebuildLayersOptions,
  layer: ListedLayer,
  call: CallContext,
): Promise<string | undefined> {
  try {
    const early = store.read((tx) => refusal(tx, name, layer));
    if (early === 'known') return early;
    const wrong = await wrongOf(files, layer, call);
    if (wrong === 'gone') return wrong;
    if (early !== undefined || wrong !== undefined) return early ?? wrong;
    return await store.write((tx) => {
      const refused = refusal(tx, name, layer) ?? recordFiles(tx, files, layer);
      if (refused === undefined) record(tx, name, layer);
      return refused;
    });
  } catch (error) {
    // A record of the backup that cannot be read stands for nothing that a layer could be put on.
    if (error instanceof DataLossError) return messageOf(error);
    throw error;
  }
}

function recordFiles(
  tx: WriteTransaction,
  { described }: DriverChecker,
  { record: { id }, files }: ListedLayer,
): string | undefined {
  return files === undefined ? undefined : described?.record(tx, String(id), files);
}

function refusal(tx: ReadTransaction, name: string, layer: ListedLayer): string | undefined {
  const { key, record: own, metadata } = layer;
  const holder = tx.get(idsTable, [name, own.id]);
  if (holder === key) return 'known';
  if (holder !== undefined) return `its id is that of ${quoted(holder)}`;
  if (key === '' || tx.has(snapshotsTable, [name, key])) return 'another snapshot has its name';
  return (
    parentRefusal(tx, name, layer) ?? (metadata === undefined ? undefined : namespaceRefusal(tx, name, layer, metadata))
  );
}

function parentRefusal(tx: ReadTransaction, name: string, { record: own }: ListedLayer): string | undefined {
  const { parent, parentIds } = own;
  if (parent === '') return parentIds.length === 0 ? undefined : 'it names no parent, but a chain below';
  const below = tx.get(snapshotsTable, [name, parent]);
  if (below?.kind !== 'committed') return `its parent ${quoted(parent)} is not there`;
  const chain = [below.id, ...below.parentIds].join(' ');
  return chain === parentIds.join(' ') ? undefined : `its chain is ${parentIds.join(' ')}, and its parent has ${chain}`;
}

function namespaceRefusal(
  tx: ReadTransaction,
  name: string,
  { key: backendKey }: ListedLayer,
  { namespace, key, record: own }: NamespacedLayer,
): string | undefined {
  const wanted = metadataPlaceOf(backendKey);
  const isConsistent = wanted?.namespace === namespace && wanted.key === key && wanted.number === own.number;
  if (!isConsistent || own.backendKey !== backendKey || !isNamespace(namespace))
    return 'its names contradict each other';
  if (tx.has(metadataTable, [namespace, name, key])) return 'another snapshot of the namespace has its name';
  if (own.parent === '') return own.parentNumber === 0 ? undefined : 'it names no parent, but the number of one';
  const parent = tx.get(metadataTable, [namespace, name, own.parent]);
  return parent?.number === own.parentNumber ? undefined : `its parent ${quoted(own.parent)} is not in the namespace`;
}

function isNamespace(namespace: string): boolean {
  try {
    return requireNamespace({ namespace }) === namespace;
  } catch {
    return false;
  }
}

function record(tx: WriteTransaction, name: string, { key, record: own, metadata }: ListedLayer): void {
  const [parentId] = own.parentIds;
  tx.put(snapshotsTable, [name, key], own);
  tx.put(idsTable, [name, own.id], key);
  if (parentId !== undefined) tx.put(childrenTable, [name, parentId, own.id], key);
  tx.put(reservedIdsTable, [name], Math.max(own.id, tx.get(reservedIdsTable, [name]) ?? 0));
  if (metadata !== undefined) recordInNamespace(tx, name, metadata);
}

function recordInNamespace(tx: WriteTransaction, name: string, { namespace, key, record: own }: NamespacedLayer): void {
  const { number, parentNumber } = own;
  tx.put(metadataTable, [namespace, name, key], own);
  if (parentNumber !== 0) tx.put(metadataChildrenTable, [namespace, name, parentNumber, number], key);
  tx.put(numbersTable, [namespace, name], Math.max(number, tx.get(numbersTable, [namespace, name]) ?? 0));
  if (!tx.has(namespacesTable, [namespace])) tx.put(namespacesTable, [namespace], noLabels);
  // The next start indexes the labels of all of them again.
  tx.remove(indexedTable, [namespace, name]);
}
