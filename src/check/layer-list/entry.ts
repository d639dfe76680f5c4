/**
 * What a layer says of itself, as a line of the list of layers: the beginning of the SHA-256 of the rest of the line, a
 * space, and JSON. The fields are those of the records of the layer (`src/snapshots/records/tables.ts`, `src/metadata/tables.ts`).
 */
import { createHash } from 'node:crypto';
import type { MetadataRecord } from '../../metadata/index.js';
import type { FilesDescription, Labels, SnapshotRecord } from '../../snapshots/index.js';

/** What its namespace knows of a layer. */
export interface NamespacedLayer {
  readonly namespace: string;
  readonly key: string;
  readonly record: MetadataRecord;
}

/** A layer. */
export interface ListedLayer {
  /** Its name in the back end. */
  readonly key: string;
  readonly record: SnapshotRecord;
  /** Absent where no namespaces are kept. */
  readonly metadata: NamespacedLayer | undefined;
  /** What leads to its files, where the id does not. */
  readonly files?: FilesDescription | undefined;
}

/** A line that is whole. */
export type ListLine =
  /** The first line, and what a daemon writes that goes on with a list that was ended. */
  | { readonly type: 'begin'; readonly snapshotter: string; readonly face: string }
  | { readonly type: 'layer'; readonly layer: ListedLayer }
  /** Written last by a daemon that ends as it should: the list has every layer, if nothing follows. */
  | { readonly type: 'end' };

const SUM_LENGTH = 32;

/** The text of a line, with its end. */
export function lineText(line: ListLine): string {
  const text = JSON.stringify(line, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
  return `${sumOf(text)} ${text}\n`;
}

/** Tells whether two say the same of a layer; short, since there may be many. */
export function fingerprintOf(layer: ListedLayer): string {
  // As it is when it was read back: what the order of labels was before does not count.
  const read = parseLine(lineText({ type: 'layer', layer }).slice(0, -1));
  return read === undefined ? '' : lineText(read).slice(0, SUM_LENGTH);
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, SUM_LENGTH);
}

/** A line without its end, as it was written; undefined for one that is damaged, or no such line. */
export function parseLine(text: string): ListLine | undefined {
  const json = text.slice(SUM_LENGTH + 1);
  if (sumOf(json) !== text.slice(0, SUM_LENGTH) || text[SUM_LENGTH] !== ' ') return undefined;
  const line = fieldsOf(JSON.parse(json));
  const type = line?.['type'];
  if (line === undefined) return undefined;
  if (type === 'end') return { type };
  if (type === 'begin') return beginOf(line);
  const layer = type === 'layer' ? layerOf(fieldsOf(line['layer'])) : undefined;
  return layer === undefined ? undefined : { type: 'layer', layer };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function labelsOf(value: unknown): Labels | undefined {
  const entries = Object.entries(fieldsOf(value) ?? { missing: 0 });
  const texts = entries.filter((entry): entry is [string, string] => isText(entry[1]));
  return texts.length === entries.length ? new Map(texts) : undefined;
}

function beginOf({ snapshotter, face }: Fields): ListLine | undefined {
  return isText(snapshotter) && isText(face) ? { type: 'begin', snapshotter, face } : undefined;
}

function layerOf(fields: Fields | undefined): ListedLayer | undefined {
  const key = fields?.['key'];
  const record = recordOf(fieldsOf(fields?.['record']));
  if (!isText(key) || record === undefined) return undefined;
  const described = fieldsOf(fields?.['files']);
  const files = described === undefined ? {} : { files: described };
  if (fields?.['metadata'] === undefined) return { key, record, metadata: undefined, ...files };
  const metadata = metadataOf(fieldsOf(fields['metadata']));
  return metadata === undefined ? undefined : { key, record, metadata, ...files };
}

function recordOf(fields: Fields = {}): SnapshotRecord | undefined {
  const { id, kind, parent, parentIds, created, updated } = fields;
  const labels = labelsOf(fields['labels']);
  const { size, inodes } = fieldsOf(fields['usage']) ?? {};
  if (!isNumber(id) || kind !== 'committed' || !isText(parent) || labels === undefined) return undefined;
  if (!Array.isArray(parentIds) || !parentIds.every(isNumber)) return undefined;
  if (!isNumber(created) || !isNumber(updated) || !isNumber(size) || !isNumber(inodes)) return undefined;
  return { id, kind, parent, parentIds, created, updated, labels, usage: { size, inodes } };
}

function metadataOf(fields: Fields = {}): NamespacedLayer | undefined {
  const { namespace, key } = fields;
  const { number, backendKey, parent, parentNumber, created, updated, ...rest } = fieldsOf(fields['record']) ?? {};
  const labels = labelsOf(rest['labels']);
  if (!isText(namespace) || !isText(key) || labels === undefined) return undefined;
  if (!isNumber(number) || !isText(backendKey) || !isText(parent) || !isNumber(parentNumber)) return undefined;
  if (!isNumber(created) || !isNumber(updated)) return undefined;
  return { namespace, key, record: { number, backendKey, parent, parentNumber, created, updated, labels } };
}
