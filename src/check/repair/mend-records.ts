import {
  type MetadataRecord,
  metadataChildrenTable,
  metadataTable,
  namespacesTable,
  numbersTable,
} from '../../metadata/index.js';
import {
  childrenTable,
  idsTable,
  noLabels,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
} from '../../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../../store/index.js';
import type { FindingKind, Remedy } from '../findings/kinds.js';
import type { Found, Place } from '../scan/found.js';
import { checkMetadata, checkMetadataLink } from '../scan/metadata-records.js';
import { readable } from '../scan/read.js';
import { checkChildLink, checkIdLink, checkSnapshot, type RecordScope } from '../scan/snapshot-records.js';

/** Whether a finding in records is still there, in the view of a transaction. */
export function isStillThere(tx: ReadTransaction, scope: RecordScope, { place, finding }: Found): boolean {
  return lookAgain(tx, scope, place).some(
    (other) => other.finding.kind === finding.kind && other.finding.remedy === finding.remedy,
  );
}

function lookAgain(tx: ReadTransaction, scope: RecordScope, place: Place): readonly Found[] {
  const snapshotter = scope.name;
  switch (place.type) {
    case 'snapshot':
      return checkSnapshot(tx, scope, place.key);
    case 'child-link':
      return checkChildLink(tx, scope, place);
    case 'id-link':
      return checkIdLink(tx, scope, place.id);
    case 'metadata':
      return checkMetadata(tx, { ...place, snapshotter });
    case 'metadata-link':
      return checkMetadataLink(tx, { ...place, snapshotter });
    default:
      return [];
  }
}

/**
 * Mends a finding in records by its remedy, after looking again, in the transaction that is given.
 * @returns false when it is not there any more.
 */
export function mendRecord(tx: WriteTransaction, scope: RecordScope, found: Found): boolean {
  if (!isStillThere(tx, scope, found)) return false;
  const { place, finding } = found;
  if (place.type === 'snapshot') mendSnapshot(tx, { name: scope.name, key: place.key }, finding.kind);
  else if (place.type === 'metadata') mendMetadata(tx, { ...place, snapshotter: scope.name }, finding);
  else removeLink(tx, scope.name, place);
  return true;
}

function removeLink(tx: WriteTransaction, name: string, place: Place): void {
  if (place.type === 'child-link') tx.remove(childrenTable, [name, place.parentId, place.childId]);
  else if (place.type === 'id-link') tx.remove(idsTable, [name, place.id]);
  else if (place.type === 'metadata-link') {
    tx.remove(metadataChildrenTable, [place.namespace, name, place.parentNumber, place.number]);
  }
}

interface SnapshotPlace {
  readonly name: string;
  readonly key: string;
}

function mendSnapshot(tx: WriteTransaction, { name, key }: SnapshotPlace, kind: FindingKind): void {
  const record = readable(tx, snapshotsTable, [name, key]);
  if (record === undefined) return;
  const [parentId] = record.parentIds;
  if (kind === 'missing-child-link' && parentId !== undefined) tx.put(childrenTable, [name, parentId, record.id], key);
  else if (kind === 'missing-id-link') tx.put(idsTable, [name, record.id], key);
  else if (kind === 'chain-differs') tx.put(snapshotsTable, [name, key], withParentsChain(tx, name, record));
  else if (kind === 'id-beyond-reserved') raiseReserved(tx, name, record.id);
}

function withParentsChain(tx: ReadTransaction, name: string, record: SnapshotRecord): SnapshotRecord {
  const parent = readable(tx, snapshotsTable, [name, record.parent]);
  return parent === undefined ? record : { ...record, parentIds: [parent.id, ...parent.parentIds] };
}

/** Makes every id up to this one count as given out. No allocator may be open: it would not know. */
export function raiseReserved(tx: WriteTransaction, name: string, id: number): void {
  tx.put(reservedIdsTable, [name], Math.max(id, readable(tx, reservedIdsTable, [name]) ?? 0));
}

interface MetadataPlace {
  readonly namespace: string;
  readonly snapshotter: string;
  readonly key: string;
}

function mendMetadata(
  tx: WriteTransaction,
  place: MetadataPlace,
  { kind, remedy }: { readonly kind: FindingKind; readonly remedy: Remedy },
): void {
  const { namespace, snapshotter, key } = place;
  const record = readable(tx, metadataTable, [namespace, snapshotter, key]);
  if (remedy === 'remove-record') removeMetadata(tx, place, record);
  else if (remedy === 'write-namespace') tx.put(namespacesTable, [namespace], noLabels);
  else if (record === undefined) return;
  else if (kind === 'missing-child-link') linkMetadata(tx, place, record);
  else if (kind === 'parent-differs') renumberParent(tx, place, record);
  else if (kind === 'number-beyond-last') tx.put(numbersTable, [namespace, snapshotter], record.number);
}

/** Deletes the record of a namespace and its entry in the index of children. */
export function removeMetadata(tx: WriteTransaction, place: MetadataPlace, record: MetadataRecord | undefined): void {
  const { namespace, snapshotter, key } = place;
  tx.remove(metadataTable, [namespace, snapshotter, key]);
  if (record === undefined || record.parentNumber === 0) return;
  tx.remove(metadataChildrenTable, [namespace, snapshotter, record.parentNumber, record.number]);
}

function linkMetadata(
  tx: WriteTransaction,
  { namespace, snapshotter, key }: MetadataPlace,
  record: MetadataRecord,
): void {
  tx.put(metadataChildrenTable, [namespace, snapshotter, record.parentNumber, record.number], key);
}

function renumberParent(tx: WriteTransaction, place: MetadataPlace, record: MetadataRecord): void {
  const { namespace, snapshotter, key } = place;
  const parent = readable(tx, metadataTable, [namespace, snapshotter, record.parent]);
  if (parent === undefined) return;
  const old = [namespace, snapshotter, record.parentNumber, record.number] as const;
  if (readable(tx, metadataChildrenTable, old) === key) tx.remove(metadataChildrenTable, old);
  const changed = { ...record, parentNumber: parent.number };
  tx.put(metadataTable, [namespace, snapshotter, key], changed);
  linkMetadata(tx, place, changed);
}
