import {
  AlreadyExistsError,
  type DataLossError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
} from '../../errors/index.js';
import type { ReadTransaction, WriteTransaction } from '../../store/index.js';
import { updatedLabels, withoutEmpty } from '../api/labels.js';
import { nowMicroseconds, PreciseDate } from '../api/time.js';
import type { Info, Kind, Labels, Usage } from '../api/types.js';
import { noUsage } from '../api/types.js';
import {
  childrenTable,
  idsTable,
  type SnapshotHead,
  type SnapshotLayers,
  type SnapshotRecord,
  snapshotHeadsTable,
  snapshotLayersTable,
  snapshotsTable,
} from './tables.js';

/** A snapshot to record. Its files have been made under `id`. */
export interface NewSnapshot {
  readonly id: number;
  readonly kind: Exclude<Kind, 'committed'>;
  readonly key: string;
  /** Empty for none. */
  readonly parent: string;
  readonly labels: Labels | undefined;
}

/** A commit to record. */
export interface NewCommit {
  readonly key: string;
  readonly name: string;
  readonly labels: Labels | undefined;
  /** The parent to put a parentless snapshot on; empty for none. */
  readonly parent: string;
  readonly usage: Usage;
}

/** A record with the key or name it has. */
export interface NamedRecord {
  readonly name: string;
  readonly record: SnapshotRecord;
}

/** Which records to visit. */
export interface WalkPage {
  /** Only those behind this key. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Told about records that cannot be read. Default: nobody is. */
  readonly onUnreadable?: (error: DataLossError) => void;
}

/** A parent that was looked up: what its children inherit of it. */
export interface ParentChain {
  /** Ids from the parent itself down to the base layer. */
  readonly ids: readonly number[];
}

const noChain: ParentChain = Object.freeze({ ids: Object.freeze([]) });

/**
 * The records of one snapshotter: kinds, parents, labels, usage (containerd: core/snapshots/storage).
 *
 * Every method works inside a transaction that the caller holds, so that records of several layers can change together.
 * None does any input or output beyond it.
 */
export class SnapshotTree {
  readonly #snapshotter: string;
  readonly #now: () => number;

  /** @param snapshotter The name that keeps its records apart from those of others in the same store. */
  constructor(snapshotter: string, now: () => number = nowMicroseconds) {
    this.#snapshotter = snapshotter;
    this.#now = now;
  }

  /** What a record begins with, cheaper than all of it. */
  head(tx: ReadTransaction, key: string): SnapshotHead | undefined {
    return tx.get(snapshotHeadsTable, [this.#snapshotter, key]);
  }

  /** The record of a snapshot; undefined when there is none. */
  find(tx: ReadTransaction, key: string): SnapshotRecord | undefined {
    return tx.get(snapshotsTable, [this.#snapshotter, key]);
  }

  /** @throws NotFoundError when there is no such snapshot. */
  getInfo(tx: ReadTransaction, key: string): SnapshotRecord {
    const record = this.find(tx, key);
    if (record === undefined) throw new NotFoundError('snapshot does not exist');
    return record;
  }

  /**
   * What of the record of a snapshot that can be mounted says how.
   * @throws NotFoundError when there is none; FailedPreconditionError when it is committed.
   */
  getSnapshot(tx: ReadTransaction, key: string): SnapshotLayers {
    const record = tx.get(snapshotLayersTable, [this.#snapshotter, key]);
    if (record === undefined) throw new NotFoundError('snapshot does not exist');
    if (record.kind === 'committed') {
      throw new FailedPreconditionError(`requested snapshot ${key} not active or view`);
    }
    return record;
  }

  /**
   * The chain that a new snapshot over `parent` gets.
   * @throws NotFoundError when the parent is unknown; InvalidArgumentError when it is not committed.
   */
  chainOver(tx: ReadTransaction, parent: string): ParentChain {
    if (parent === '') return noChain;
    const record = this.find(tx, parent);
    if (record === undefined) throw new NotFoundError(`missing parent "${parent}" bucket`);
    if (record.kind !== 'committed') {
      throw new InvalidArgumentError(`parent "${parent}" is not committed snapshot`);
    }
    return { ids: [record.id, ...record.parentIds] };
  }

  /**
   * Records a new active snapshot or view.
   * @throws AlreadyExistsError when the key is taken; NotFoundError and InvalidArgumentError as `chainOver`.
   */
  createSnapshot(tx: WriteTransaction, snapshot: NewSnapshot): SnapshotRecord {
    const chain = this.chainOver(tx, snapshot.parent);
    if (tx.has(snapshotsTable, [this.#snapshotter, snapshot.key])) {
      throw new AlreadyExistsError(`snapshot ${snapshot.key}`);
    }
    const now = this.#now();
    const record: SnapshotRecord = {
      id: snapshot.id,
      kind: snapshot.kind,
      parent: snapshot.parent,
      parentIds: chain.ids,
      created: now,
      updated: now,
      labels: withoutEmpty(snapshot.labels),
      usage: noUsage,
    };
    this.#put(tx, snapshot.key, record);
    return record;
  }

  /**
   * Turns an active snapshot into a committed one: its id stays, its labels are replaced, its times start anew. With
   * `parent`, a snapshot that has no parent is put onto that one (rebase).
   * @throws AlreadyExistsError when the name is taken; NotFoundError when the key or the new parent is unknown;
   * FailedPreconditionError when the key is not active or the new parent not committed; InvalidArgumentError when the
   * snapshot has another parent already.
   */
  commitActive(tx: WriteTransaction, commit: NewCommit): SnapshotRecord {
    const active = this.#checkCommit(tx, commit);
    const chain = this.#rebase(tx, commit, active);
    const now = this.#now();
    const record: SnapshotRecord = {
      ...active,
      ...chain,
      kind: 'committed',
      created: now,
      updated: now,
      labels: withoutEmpty(commit.labels),
      usage: commit.usage,
    };
    tx.remove(snapshotsTable, [this.#snapshotter, commit.key]);
    this.#put(tx, commit.name, record);
    return record;
  }

  #checkCommit(tx: WriteTransaction, { key, name }: NewCommit): SnapshotRecord {
    if (tx.has(snapshotsTable, [this.#snapshotter, name])) throw new AlreadyExistsError(`committed snapshot ${name}`);
    const active = this.find(tx, key);
    if (active === undefined) throw new NotFoundError('failed to get active snapshot');
    if (active.kind !== 'active') throw new FailedPreconditionError(`snapshot "${key}" is not active`);
    return active;
  }

  #rebase(
    tx: WriteTransaction,
    commit: NewCommit,
    active: SnapshotRecord,
  ): { parent: string; parentIds: readonly number[] } {
    if (commit.parent === '' || commit.parent === active.parent) {
      return { parent: active.parent, parentIds: active.parentIds };
    }
    if (active.parent !== '') {
      throw new InvalidArgumentError(`cannot change parent of active snapshot "${commit.key}" on commit`);
    }
    const parent = this.find(tx, commit.parent);
    if (parent === undefined) {
      throw new NotFoundError(`missing parent "${commit.parent}" of snapshot "${commit.key}"`);
    }
    if (parent.kind !== 'committed') throw new FailedPreconditionError(`parent "${commit.parent}" is not committed`);
    return { parent: commit.parent, parentIds: [parent.id, ...parent.parentIds] };
  }

  /**
   * Deletes a record of any kind and returns it.
   * @throws NotFoundError when there is none; FailedPreconditionError when other snapshots stand on it.
   */
  remove(tx: WriteTransaction, key: string): SnapshotRecord {
    const record = this.find(tx, key);
    if (record === undefined) throw new NotFoundError(`snapshot ${key}`);
    if (this.hasChildren(tx, record)) throw new FailedPreconditionError('cannot remove snapshot with child');
    tx.remove(snapshotsTable, [this.#snapshotter, key]);
    tx.remove(idsTable, [this.#snapshotter, record.id]);
    const parentId = record.parentIds[0];
    if (parentId !== undefined) tx.remove(childrenTable, [this.#snapshotter, parentId, record.id]);
    return record;
  }

  /** Whether snapshots stand on this one. */
  hasChildren(tx: ReadTransaction, record: Pick<SnapshotRecord, 'id'>): boolean {
    for (const _ of tx.range(childrenTable, { prefix: [this.#snapshotter, record.id], limit: 1 })) return true;
    return false;
  }

  /**
   * Changes labels and the time of the last update; returns the new record.
   * @throws NotFoundError when there is none; InvalidArgumentError for a field that cannot be changed.
   */
  updateInfo(
    tx: WriteTransaction,
    key: string,
    update: { readonly labels: Labels; readonly fieldpaths?: readonly string[] | undefined },
  ): SnapshotRecord {
    const record = this.getInfo(tx, key);
    const labels = updatedLabels({
      name: key,
      current: record.labels,
      given: update.labels,
      fieldpaths: update.fieldpaths,
    });
    // Strictly later than before, so that a client can tell by the time that something changed.
    const changed = { ...record, labels, updated: Math.max(this.#now(), record.updated + 1) };
    tx.put(snapshotsTable, [this.#snapshotter, key], changed);
    return changed;
  }

  /**
   * Up to `limit` snapshots behind `after`, in the byte order of their keys; fewer only at the end. Records that cannot
   * be read are passed over.
   */
  walk(tx: ReadTransaction, page: WalkPage): NamedRecord[] {
    const prefix = [this.#snapshotter];
    const onUnreadable = page.onUnreadable ?? (() => undefined);
    const after = page.after === undefined ? {} : { after: [this.#snapshotter, page.after] };
    const found: NamedRecord[] = [];
    for (const { key, value } of tx.range(snapshotsTable, { prefix, limit: page.limit, onUnreadable, ...after })) {
      found.push({ name: key[1], record: value });
    }
    return found;
  }

  /** The key of the snapshot whose files have this id; undefined when no record speaks of them. */
  keyOfId(tx: ReadTransaction, id: number): string | undefined {
    return tx.get(idsTable, [this.#snapshotter, id]);
  }

  /** Whether a record speaks of the files of an id; true also when that record cannot be read. */
  hasId(tx: ReadTransaction, id: number): boolean {
    return tx.has(idsTable, [this.#snapshotter, id]);
  }

  /** Every id that a record speaks of, with its key. Time and memory grow with the number of snapshots. */
  idMap(tx: ReadTransaction): Map<number, string> {
    const ids = new Map<number, string>();
    for (const { key, value } of tx.range(idsTable, { prefix: [this.#snapshotter] })) ids.set(key[1], value);
    return ids;
  }

  #put(tx: WriteTransaction, key: string, record: SnapshotRecord): void {
    tx.put(snapshotsTable, [this.#snapshotter, key], record);
    tx.put(idsTable, [this.#snapshotter, record.id], key);
    const parentId = record.parentIds[0];
    if (parentId !== undefined) tx.put(childrenTable, [this.#snapshotter, parentId, record.id], key);
  }
}

/** What a record says to the outside. */
export function infoOf(name: string, record: SnapshotRecord): Info {
  const { kind, parent, labels } = record;
  return {
    name,
    parent,
    kind,
    created: new PreciseDate(record.created),
    updated: new PreciseDate(record.updated),
    labels,
  };
}
