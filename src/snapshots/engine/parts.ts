import type { FaultPoints } from '../../base/index.js';
import { NotFoundError, withContext } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import { PreciseDate } from '../api/time.js';
import type { CallContext, Info } from '../api/types.js';
import type { Driver } from '../driver/driver.js';
import type { LeasedSnapshots } from '../leases/leased-snapshots.js';
import type { LimitChanges } from '../limits/limit-changes.js';
import type { Limiter } from '../limits/limiter.js';
import type { IdAllocator } from '../records/ids.js';
import type { SnapshotName, SnapshotRecord } from '../records/record.js';
import type { SnapshotRecords } from '../records/snapshot-records.js';
import type { SnapshotFiles } from './snapshot-files.js';

/** What the operations of one local snapshotter share. */
export interface EngineParts {
  /** The snapshotter's name, for errors. */
  readonly name: string;
  readonly store: Store;
  readonly records: SnapshotRecords;
  readonly leased: LeasedSnapshots;
  readonly driver: Driver;
  readonly ids: IdAllocator;
  readonly files: SnapshotFiles;
  readonly limiter: Limiter;
  readonly limits: LimitChanges;
  readonly faults: FaultPoints;
}

/** The full name of a key in a call. The namespace is empty in proxy mode, where containerd has its own. */
export function nameIn(call: CallContext, key: string): SnapshotName {
  return { namespace: call.namespace ?? '', key };
}

/** The error for a key without a snapshot. */
export function noSuchSnapshot(key: string): NotFoundError {
  return new NotFoundError(`snapshot ${key} does not exist`);
}

/** The record of a snapshot. @throws NotFoundError when there is none. */
export function requireRecord(records: SnapshotRecords, tx: ReadTransaction, name: SnapshotName): SnapshotRecord {
  const record = records.find(tx, name);
  if (record === undefined) throw noSuchSnapshot(name.key);
  return record;
}

/** What clients see of a record: with the labels that the driver computes. */
export function infoOf(driver: Driver, { id, key, parent, kind, created, updated, labels }: SnapshotRecord): Info {
  const computed = driver.shownLabels?.({ id: String(id), kind });
  return {
    name: key,
    parent,
    kind,
    created: new PreciseDate(created),
    updated: new PreciseDate(updated),
    labels: computed === undefined ? labels : new Map([...computed, ...labels]),
  };
}

/** Runs `work` and puts context before the message of what it throws. */
export function inContext<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withContext(error, context);
  }
}
