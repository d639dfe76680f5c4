/**
 * A snapshotter's operations in two halves: *stage* makes or measures files, asynchronously and outside any
 * transaction; *record* writes the records, inside a transaction that the caller holds. The public methods of
 * `LocalSnapshotter` are the two put together; the metadata layer uses the halves to put its own records into the same
 * transaction, so that no crash can leave one without the other.
 */
import type { ReadTransaction, Store, WriteTransaction } from '../../store/index.js';
import { type CallContext, type Info, type Kind, type Labels, type Mount, throwIfCallAborted } from '../api/types.js';
import type { DriverSnapshot } from '../driver/driver.js';
import type { SnapshotRecord } from '../records/tables.js';

/** Which files to make. */
export interface StageCreateRequest {
  readonly kind: Exclude<Kind, 'committed'>;
  /** The parent's name in this snapshotter; empty for none. */
  readonly parent: string;
  readonly labels: Labels | undefined;
}

/** Work that was done ahead of its record. Exactly one of `settle` and `discard` must follow. */
export interface Staged {
  /** To be called when the record is on disk. */
  settle(): void;
  /** To be called when the record was refused: takes the work back. Never rejects. */
  discard(): Promise<void>;
}

/** Files that wait for their record. */
export interface StagedCreate extends Staged {
  /**
   * Records the snapshot under `key`.
   * @throws AlreadyExistsError, NotFoundError and InvalidArgumentError as `prepare` does; AbortedError when the parent
   * was replaced by another of its name since the files were made.
   */
  record(tx: WriteTransaction, key: string): readonly Mount[];
}

/** How to record a commit. */
export interface RecordCommitRequest {
  readonly name: string;
  readonly labels: Labels | undefined;
  /** Empty for no rebase. */
  readonly parent: string;
}

/** A layer that was sealed and waits for its record. */
export interface StagedCommit extends Staged {
  /** Records the commit. Throws as `commit` does; AbortedError when the key stands for another snapshot by now. */
  record(tx: WriteTransaction, request: RecordCommitRequest): void;
}

/** A change of labels. */
export interface LabelChange {
  readonly labels: Labels;
  /** As in `UpdateRequest`. */
  readonly fieldpaths?: readonly string[] | undefined;
}

/** A change of labels whose limits are set and wait for their record. */
export interface StagedUpdate extends Staged {
  /** Records the labels. Throws as `update` does; AbortedError when the limits were changed by another call since. */
  record(tx: WriteTransaction): Info;
}

/** Files whose record is gone. */
export interface RemovedFiles {
  /** Deletes them, before it resolves or in the background, as the snapshotter is configured. Never rejects. */
  settle(call: CallContext): Promise<void>;
}

/** See the head of this file. */
export interface StagedSnapshotter {
  stageCreate(request: StageCreateRequest, call: CallContext): Promise<StagedCreate>;
  stageCommit(key: string, call: CallContext): Promise<StagedCommit>;
  /** Throws as `remove` does. */
  recordRemove(tx: WriteTransaction, key: string): RemovedFiles;
  /** Sets the limits of an active snapshot where the labels change them; else free of cost. */
  stageUpdate(key: string, change: LabelChange, call: CallContext): Promise<StagedUpdate>;
  /** The record of a snapshot with the labels that the driver adds; undefined when there is none. */
  inspect(tx: ReadTransaction, key: string): Info | undefined;
  /** The kind of a snapshot and the labels that the driver adds, cheaper than all; undefined when there is none. */
  glance(tx: ReadTransaction, key: string): Pick<Info, 'kind' | 'labels'> | undefined;
  /** Whether the driver may add labels. */
  readonly addsLabels: boolean;
  /** Throws as `mounts` does. */
  inspectMounts(tx: ReadTransaction, key: string): readonly Mount[];
}

/** What `recordStaged` puts together. */
export interface RecordStagedOptions<T> {
  readonly store: Store;
  readonly staged: Staged;
  readonly call: CallContext;
  readonly record: (tx: WriteTransaction) => T;
}

/**
 * Writes the records of staged work in one transaction and settles it, or discards it when they are refused. A call
 * that is aborted before the transaction runs is refused; one that is aborted later has happened.
 */
export async function recordStaged<T>({ store, staged, call, record }: RecordStagedOptions<T>): Promise<T> {
  try {
    const result = await store.write((tx) => {
      throwIfCallAborted(call);
      return record(tx);
    });
    staged.settle();
    return result;
  } catch (error) {
    await staged.discard();
    throw error;
  }
}

/** A record as the driver wants to see it. */
export function driverSnapshot(record: Pick<SnapshotRecord, 'id' | 'kind' | 'parentIds' | 'labels'>): DriverSnapshot {
  return { id: String(record.id), kind: record.kind, parentIds: record.parentIds.map(String), labels: record.labels };
}
