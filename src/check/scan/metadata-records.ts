import {
  type MetadataRecord,
  metadataChildrenTable,
  metadataTable,
  namespacesTable,
  numbersTable,
} from '../../metadata/index.js';
import { snapshotsTable } from '../../snapshots/index.js';
import type { ReadTransaction } from '../../store/index.js';
import type { FindingKind, Remedy } from '../findings/kinds.js';
import { type Found, found, quoted } from './found.js';
import { look, readable, readableKeys } from './read.js';
import { metadataPlaceOf } from './snapshot-records.js';

/** A record of a namespace, by its key. */
export interface MetadataPlace {
  readonly namespace: string;
  readonly snapshotter: string;
  readonly key: string;
}

/** Checks one record of a namespace against those that it speaks of, and against its snapshotter's. */
export function checkMetadata(tx: ReadTransaction, place: MetadataPlace): Found[] {
  const { namespace, snapshotter, key } = place;
  const looked = look(tx, metadataTable, [namespace, snapshotter, key]);
  if ('unreadable' in looked) return [unreadable(tx, place, looked.unreadable)];
  return looked.value === undefined ? [] : new MetadataCheck(tx, place, looked.value).run();
}

function unreadable(tx: ReadTransaction, place: MetadataPlace, why: string): Found {
  const hasChildren = isNamedAsParent(tx, place);
  const message = `the record cannot be read: ${why}${hasChildren ? '; other snapshots stand on it' : ''}`;
  const remedy = hasChildren ? 'none' : 'remove-record';
  const { namespace, key } = place;
  return found('unreadable-record', { type: 'metadata', namespace, key }, { ...place, message, remedy });
}

/** Reads all records of the namespace: the number, by which the index has its children, is not known. */
function isNamedAsParent(tx: ReadTransaction, { namespace, snapshotter, key }: MetadataPlace): boolean {
  for (const other of readableKeys(tx, metadataTable, { range: { prefix: [namespace, snapshotter] } })) {
    if (readable(tx, metadataTable, other)?.parent === key) return true;
  }
  return false;
}

class MetadataCheck {
  readonly #tx: ReadTransaction;
  readonly #place: MetadataPlace;
  readonly #record: MetadataRecord;
  readonly #found: Found[] = [];

  constructor(tx: ReadTransaction, place: MetadataPlace, record: MetadataRecord) {
    this.#tx = tx;
    this.#place = place;
    this.#record = record;
  }

  run(): Found[] {
    this.#checkNamespace();
    this.#checkBackend();
    this.#checkParent();
    return this.#found;
  }

  #add(kind: FindingKind, message: string, remedy?: Remedy): void {
    const { namespace, key } = this.#place;
    const details = { ...this.#place, message };
    const place = { type: 'metadata', namespace, key } as const;
    this.#found.push(found(kind, place, remedy === undefined ? details : { ...details, remedy }));
  }

  #checkNamespace(): void {
    const { namespace, snapshotter } = this.#place;
    if (!this.#tx.has(namespacesTable, [namespace])) {
      this.#add('missing-namespace', `the namespace ${quoted(namespace)} has no record`);
    }
    const last = readable(this.#tx, numbersTable, [namespace, snapshotter]) ?? 0;
    const { number } = this.#record;
    if (number > last) this.#add('number-beyond-last', `its number ${number} is beyond ${last}, the last given out`);
  }

  #checkBackend(): void {
    const { namespace, snapshotter, key } = this.#place;
    const { backendKey, number } = this.#record;
    const named = metadataPlaceOf(backendKey);
    if (named?.namespace !== namespace || named.number !== number || named.key !== key) {
      this.#add('wrong-backend-key', `it leads to ${quoted(backendKey)}, which was not made for it`);
    }
    if (this.#tx.has(snapshotsTable, [snapshotter, backendKey])) return;
    const hasChildren = this.#hasChildren();
    const message = `the snapshotter does not have it${hasChildren ? ', and other snapshots stand on it' : ''}`;
    this.#add('missing-backend-record', message, hasChildren ? 'none' : undefined);
  }

  #hasChildren(): boolean {
    const { namespace, snapshotter } = this.#place;
    const prefix = [namespace, snapshotter, this.#record.number];
    return !readableKeys(this.#tx, metadataChildrenTable, { range: { prefix, limit: 1 } }).next().done;
  }

  #checkParent(): void {
    const { namespace, snapshotter, key } = this.#place;
    const { parent: name, parentNumber, number } = this.#record;
    if (parentNumber !== 0) {
      const link = readable(this.#tx, metadataChildrenTable, [namespace, snapshotter, parentNumber, number]);
      if (link !== key)
        this.#add('missing-child-link', `its parent with the number ${parentNumber} does not know of it`);
    }
    if (name === '') this.#checkNoParent();
    else this.#checkNamedParent(name);
  }

  #checkNamedParent(name: string): void {
    const { namespace, snapshotter } = this.#place;
    const looked = look(this.#tx, metadataTable, [namespace, snapshotter, name]);
    if ('unreadable' in looked) return;
    if (looked.value === undefined) this.#add('missing-parent', `its parent ${quoted(name)} has no record`, 'none');
    else this.#compareParent(looked.value);
  }

  #checkNoParent(): void {
    const backend = readable(this.#tx, snapshotsTable, [this.#place.snapshotter, this.#record.backendKey]);
    if (backend === undefined || backend.parent === '') return;
    this.#add('parent-differs', `it has no parent, and in the snapshotter ${quoted(backend.parent)}`, 'none');
  }

  #compareParent(parent: MetadataRecord): void {
    const backend = readable(this.#tx, snapshotsTable, [this.#place.snapshotter, this.#record.backendKey]);
    if (backend !== undefined && backend.parent !== parent.backendKey) {
      const message = `its parent in the snapshotter is ${quoted(backend.parent)}, and here ${quoted(parent.backendKey)}`;
      this.#add('parent-differs', message, 'none');
    } else if (this.#record.parentNumber !== parent.number) {
      const message = `it has ${this.#record.parentNumber} for the number of its parent, which is ${parent.number}`;
      this.#add('parent-differs', message, backend === undefined ? 'none' : undefined);
    }
  }
}

/** An entry of the index of children in a namespace. */
export interface MetadataLink {
  readonly namespace: string;
  readonly snapshotter: string;
  readonly parentNumber: number;
  readonly number: number;
}

/** Checks one entry of the index of children in a namespace. */
export function checkMetadataLink(tx: ReadTransaction, link: MetadataLink): Found[] {
  const { namespace, snapshotter, parentNumber, number } = link;
  const looked = look(tx, metadataChildrenTable, [namespace, snapshotter, parentNumber, number]);
  const key = 'value' in looked ? looked.value : undefined;
  if ('value' in looked && key === undefined) return [];
  const child = key === undefined ? undefined : look(tx, metadataTable, [namespace, snapshotter, key]);
  if (child !== undefined && 'unreadable' in child) return [];
  if (child?.value?.number === number && child.value.parentNumber === parentNumber) return [];
  const message = `the snapshot with the number ${parentNumber} has a child ${quoted(key ?? '')} with the number ${number}, which is not there`;
  const place = { type: 'metadata-link', namespace, parentNumber, number } as const;
  return [found('dangling-child-link', place, { snapshotter, namespace, message })];
}
