import { metadataTable } from '../../metadata/index.js';
import {
  childrenTable,
  idsTable,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
} from '../../snapshots/index.js';
import type { ReadTransaction } from '../../store/index.js';
import type { FindingKind, Remedy } from '../findings/kinds.js';
import { type Found, found, quoted } from './found.js';
import { look, readable } from './read.js';

/** Whose records are checked. */
export interface RecordScope {
  /** The snapshotter. */
  readonly name: string;
  readonly namespaced: boolean;
}

/** Checks one record of a snapshotter against those that it speaks of. */
export function checkSnapshot(tx: ReadTransaction, scope: RecordScope, key: string): Found[] {
  const looked = look(tx, snapshotsTable, [scope.name, key]);
  if ('unreadable' in looked) {
    const message = `the record cannot be read: ${looked.unreadable}`;
    return [found('unreadable-record', { type: 'snapshot', key }, { snapshotter: scope.name, key, message })];
  }
  if (looked.value === undefined) return [];
  return new SnapshotCheck(tx, scope, { key, record: looked.value }).run();
}

interface Named {
  readonly key: string;
  readonly record: SnapshotRecord;
}

class SnapshotCheck {
  readonly #tx: ReadTransaction;
  readonly #scope: RecordScope;
  readonly #snapshot: Named;
  readonly #found: Found[] = [];

  constructor(tx: ReadTransaction, scope: RecordScope, snapshot: Named) {
    this.#tx = tx;
    this.#scope = scope;
    this.#snapshot = snapshot;
  }

  run(): Found[] {
    this.#checkParent();
    this.#checkChildLink();
    this.#checkId();
    if (this.#scope.namespaced) this.#checkNamespace();
    return this.#found;
  }

  #add(kind: FindingKind, message: string, remedy?: Remedy): void {
    const { key, record } = this.#snapshot;
    const details = { snapshotter: this.#scope.name, key, id: String(record.id), message };
    const place = { type: 'snapshot', key } as const;
    this.#found.push(found(kind, place, remedy === undefined ? details : { ...details, remedy }));
  }

  #checkParent(): void {
    const { parent, parentIds } = this.#snapshot.record;
    if (parent === '') {
      if (parentIds.length > 0) this.#add('chain-differs', 'the record names no parent, but a chain below', 'none');
      return;
    }
    const looked = look(this.#tx, snapshotsTable, [this.#scope.name, parent]);
    // A parent that cannot be read is a finding of its own.
    if ('unreadable' in looked) return;
    if (looked.value === undefined) this.#addForParent('missing-parent', `its parent ${quoted(parent)} has no record`);
    else if (looked.value.kind !== 'committed') {
      this.#addForParent('parent-not-committed', `its parent ${quoted(parent)} is ${looked.value.kind}, not committed`);
    } else this.#checkChain(looked.value);
  }

  /** Only a layer can be fetched anew; what an active snapshot holds is its owner's. */
  #addForParent(kind: 'missing-parent' | 'parent-not-committed', message: string): void {
    this.#add(kind, message, this.#snapshot.record.kind === 'committed' ? undefined : 'none');
  }

  #checkChain(parent: SnapshotRecord): void {
    const { parentIds } = this.#snapshot.record;
    const wanted = [parent.id, ...parent.parentIds];
    if (wanted.length === parentIds.length && wanted.every((id, index) => id === parentIds[index])) return;
    const message = `its chain is ${parentIds.join(' ')}, and that of its parent with the parent ${wanted.join(' ')}`;
    this.#add('chain-differs', message, parentIds[0] === parent.id ? undefined : 'none');
  }

  #checkChildLink(): void {
    const { key, record } = this.#snapshot;
    const parentId = record.parentIds[0];
    if (parentId === undefined) return;
    if (readable(this.#tx, childrenTable, [this.#scope.name, parentId, record.id]) === key) return;
    this.#add('missing-child-link', `its parent with the id ${parentId} does not know of it`);
  }

  #checkId(): void {
    const { key, record } = this.#snapshot;
    const { name } = this.#scope;
    const holder = readable(this.#tx, idsTable, [name, record.id]);
    if (holder === undefined) this.#add('missing-id-link', `the index of ids does not have its id ${record.id}`);
    else if (holder !== key) this.#checkHolder(holder);
    const reserved = readable(this.#tx, reservedIdsTable, [name]) ?? 0;
    if (record.id > reserved) {
      this.#add('id-beyond-reserved', `its id ${record.id} is beyond ${reserved}, the last that counts as given out`);
    }
  }

  #checkHolder(holder: string): void {
    const { id } = this.#snapshot.record;
    const other = look(this.#tx, snapshotsTable, [this.#scope.name, holder]);
    const claims = 'unreadable' in other || other.value?.id === id;
    if (claims) this.#add('duplicate-id', `its id ${id} is also that of ${quoted(holder)}`);
    else this.#add('missing-id-link', `the index of ids has ${quoted(holder)} for its id ${id}`);
  }

  #checkNamespace(): void {
    const { key } = this.#snapshot;
    if (isKnownToNamespace(this.#tx, this.#scope.name, key)) return;
    this.#add('orphan-backend-record', 'no namespace knows of it');
  }
}

/** Whether a namespace has a record of a snapshot, whose key is `<namespace>/<number>/<key there>`. */
function isKnownToNamespace(tx: ReadTransaction, snapshotter: string, backendKey: string): boolean {
  const place = metadataPlaceOf(backendKey);
  if (place === undefined) return false;
  const looked = look(tx, metadataTable, [place.namespace, snapshotter, place.key]);
  return 'unreadable' in looked || looked.value?.backendKey === backendKey;
}

const backendKeyPattern = /^([^/\0]+)\/(\d+)\/(.+)$/s;

/** What a key in the back end says of the record in the namespace; undefined for a key of another form. */
export function metadataPlaceOf(
  backendKey: string,
): { readonly namespace: string; readonly number: number; readonly key: string } | undefined {
  const [, namespace, number, key] = backendKeyPattern.exec(backendKey) ?? [];
  if (namespace === undefined || number === undefined || key === undefined) return undefined;
  return { namespace, number: Number(number), key };
}

/** Checks one entry of the index of children. */
export function checkChildLink(
  tx: ReadTransaction,
  { name }: RecordScope,
  link: { readonly parentId: number; readonly childId: number },
): Found[] {
  const { parentId, childId } = link;
  const looked = look(tx, childrenTable, [name, parentId, childId]);
  const key = 'value' in looked ? looked.value : undefined;
  if ('value' in looked && key === undefined) return [];
  const child = key === undefined ? undefined : look(tx, snapshotsTable, [name, key]);
  if (child !== undefined && 'unreadable' in child) return [];
  if (child?.value?.id === childId && child.value.parentIds[0] === parentId) return [];
  const message = `the snapshot with the id ${parentId} has a child ${quoted(key ?? '')} with the id ${childId}, which is not there`;
  const details = { snapshotter: name, id: String(parentId), message };
  return [found('dangling-child-link', { type: 'child-link', parentId, childId }, details)];
}

/** Checks one entry of the index of ids. */
export function checkIdLink(tx: ReadTransaction, { name }: RecordScope, id: number): Found[] {
  const looked = look(tx, idsTable, [name, id]);
  const key = 'value' in looked ? looked.value : undefined;
  if ('value' in looked && key === undefined) return [];
  const snapshot = key === undefined ? undefined : look(tx, snapshotsTable, [name, key]);
  if (snapshot !== undefined && 'unreadable' in snapshot) return [];
  if (snapshot?.value?.id === id) return [];
  const message = `the index of ids has ${quoted(key ?? '')} for the id ${id}, which is not there or has another`;
  const other = snapshot?.value;
  // A record that has another id, which is not its own either, may be what is wrong.
  const isCertain = other === undefined || readable(tx, idsTable, [name, other.id]) === key;
  const details = { snapshotter: name, id: String(id), message, ...(isCertain ? {} : { remedy: 'none' as const }) };
  return [found('dangling-id-link', { type: 'id-link', id }, details)];
}
