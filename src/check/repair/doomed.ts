import { type MetadataRecord, metadataTable } from '../../metadata/index.js';
import { childrenTable, idsTable, type SnapshotRecord, snapshotsTable } from '../../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../../store/index.js';
import { look, readable, readableKeys } from '../scan/read.js';
import { metadataPlaceOf } from '../scan/snapshot-records.js';
import { removeMetadata } from './mend-records.js';

/** A snapshot that is dropped: all that the records know of it. */
export interface Doomed {
  readonly key: string;
  /** Undefined when its record cannot be read and nothing else tells it. */
  readonly id: number | undefined;
  readonly record: SnapshotRecord | undefined;
  /** What its namespace knows of it. */
  readonly metadata: KnownToNamespace | undefined;
}

interface KnownToNamespace {
  readonly namespace: string;
  readonly key: string;
  readonly record: MetadataRecord | undefined;
}

/**
 * A snapshot and everything that stands on it, itself first; empty when there is no such record. Reads all records of the
 * snapshotter, since an index may be what is damaged.
 */
export function doomedWith(tx: ReadTransaction, name: string, key: string): Doomed[] {
  if (!tx.has(snapshotsTable, [name, key])) return [];
  const first = describe(tx, name, key);
  return [first, ...standingOn(tx, name, first).map((other) => describe(tx, name, other))];
}

/** The keys of all snapshots that have another in their chain. */
function standingOn(tx: ReadTransaction, name: string, { key, id }: Doomed): string[] {
  const keys: string[] = [];
  for (const [, other] of readableKeys(tx, snapshotsTable, { range: { prefix: [name] } })) {
    const record = other === key ? undefined : readable(tx, snapshotsTable, [name, other]);
    const stands = record?.parent === key || (id !== undefined && record?.parentIds.includes(id) === true);
    if (stands) keys.push(other);
  }
  return keys;
}

function describe(tx: ReadTransaction, name: string, key: string): Doomed {
  const record = readable(tx, snapshotsTable, [name, key]);
  const id = record?.id ?? idNamed(tx, name, key);
  return { key, id, record, metadata: knownToNamespace(tx, name, key) };
}

/** The id that the index has for a key. Reads all of the index. */
function idNamed(tx: ReadTransaction, name: string, key: string): number | undefined {
  for (const link of readableKeys(tx, idsTable, { range: { prefix: [name] } })) {
    if (readable(tx, idsTable, link) === key) return link[1];
  }
  return undefined;
}

function knownToNamespace(tx: ReadTransaction, name: string, backendKey: string): KnownToNamespace | undefined {
  const place = metadataPlaceOf(backendKey);
  if (place === undefined) return undefined;
  const { namespace, key } = place;
  const looked = look(tx, metadataTable, [namespace, name, key]);
  if ('unreadable' in looked) return { namespace, key, record: undefined };
  return looked.value?.backendKey === backendKey ? { namespace, key, record: looked.value } : undefined;
}

/** Deletes every record of a snapshot. Does not look whether others stand on it. */
export function removeRecords(tx: WriteTransaction, name: string, { key, id, record, metadata }: Doomed): void {
  tx.remove(snapshotsTable, [name, key]);
  if (id !== undefined && readable(tx, idsTable, [name, id]) === key) tx.remove(idsTable, [name, id]);
  const parentId = record?.parentIds[0];
  if (parentId !== undefined && id !== undefined) tx.remove(childrenTable, [name, parentId, id]);
  if (metadata === undefined) return;
  removeMetadata(tx, { namespace: metadata.namespace, snapshotter: name, key: metadata.key }, metadata.record);
}
