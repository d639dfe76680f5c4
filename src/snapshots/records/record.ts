import { type Kind, type Labels, noLabels, type Usage } from '../api/types.js';

/** What identifies a snapshot to its clients, within one snapshotter. */
export interface SnapshotName {
  /** Empty where a containerd in front has namespaces of its own. */
  readonly namespace: string;
  /** The key of an active snapshot or a view, the name of a committed one. */
  readonly key: string;
}

/** How the files of a snapshot are found and mounted. */
export interface SnapshotLayers {
  /** Names its files on disk. */
  readonly id: number;
  readonly kind: Kind;
  /** Ids from the parent down to the base layer; empty without a parent. */
  readonly chain: readonly number[];
  readonly labels: Labels;
}

/** Everything that is recorded of a snapshot: one row and its labels. */
export interface SnapshotRecord extends SnapshotName, SnapshotLayers {
  /** The name of the snapshot that it is based on; empty for none. */
  readonly parent: string;
  /** Microseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  /** Of a committed snapshot; zero for others. */
  readonly usage: Usage;
}

/** A row of the columns that mounting needs. */
export interface LayersRow {
  readonly id: number;
  readonly kind: Kind;
  readonly chain: string;
  /** Labels as a JSON object. */
  readonly labels: string;
}

/** A row of all columns, with the parent's name in the place of its id. */
export interface SnapshotRow extends LayersRow {
  readonly namespace: string;
  readonly key: string;
  readonly parent: string | null;
  readonly created: number;
  readonly updated: number;
  readonly size: number;
  readonly inodes: number;
}

const noChain: readonly number[] = Object.freeze([]);

/** The chain as a row has it. */
export function chainText(chain: readonly number[]): string {
  return chain.join(',');
}

function parseChain(text: string): readonly number[] {
  return text === '' ? noChain : text.split(',').map(Number);
}

/** Labels from the JSON object in which a query gathers them. */
export function labelsOfJson(json: string): Labels {
  if (json === '{}') return noLabels;
  const values: Readonly<Record<string, string>> = JSON.parse(json);
  return new Map(Object.entries(values));
}

/** What a row says about mounting. */
export function layersOf({ id, kind, chain, labels }: LayersRow): SnapshotLayers {
  return { id, kind, chain: parseChain(chain), labels: labelsOfJson(labels) };
}

/** What a row says. */
export function recordOf(row: SnapshotRow): SnapshotRecord {
  const { namespace, key, parent, created, updated, size, inodes } = row;
  return { ...layersOf(row), namespace, key, parent: parent ?? '', created, updated, usage: { size, inodes } };
}
