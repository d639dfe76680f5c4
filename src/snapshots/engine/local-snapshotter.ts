import { noFaults } from '../../base/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import { eachOf, type PagedSnapshotter } from '../api/paged-walk.js';
import { checkedKey } from '../api/requests.js';
import type { CommitRequest, CreateRequest, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import {
  type CallContext,
  type Info,
  type Mount,
  noContext,
  noUsage,
  throwIfCallAborted,
  type Usage,
} from '../api/types.js';
import type { DriverSnapshot } from '../driver/driver.js';
import type { DriverChecker } from '../driver/driver-checker.js';
import { LeasedSnapshots } from '../leases/leased-snapshots.js';
import { LimitChanges } from '../limits/limit-changes.js';
import { Limiter } from '../limits/limiter.js';
import { IdAllocator } from '../records/ids.js';
import type { SnapshotRecord } from '../records/record.js';
import { SnapshotRecords } from '../records/snapshot-records.js';
import { silentErrors } from './background-errors.js';
import { collectSnapshots } from './collect.js';
import { commitSnapshot } from './commit.js';
import { createSnapshot } from './create.js';
import { driverSnapshot } from './driver-snapshot.js';
import { findFiles, highestId } from './found-files.js';
import { type FreezeRequest, freezeSnapshot } from './freeze.js';
import type { LocalSnapshotterOptions } from './options.js';
import { type EngineParts, infoOf, nameIn, noSuchSnapshot, requireRecord } from './parts.js';
import type { RecoveryReport } from './recovery.js';
import { removeSnapshot } from './remove.js';
import { type ReplaceRequest, replaceSnapshot } from './replace.js';
import { SnapshotFiles } from './snapshot-files.js';
import { updateSnapshot } from './update.js';
import { walkSnapshots } from './walk.js';

const restorePage = 256;

/**
 * A snapshotter over a driver on this machine: keeps one record for each snapshot, and has the driver make the files.
 *
 * A snapshot belongs to the namespace of the call that makes it; without one it belongs to a containerd in front. Files
 * are made, measured and deleted outside transactions. What could not be recorded is discarded; what a crash leaves is a
 * directory without a record, which `recover` and `cleanup` find.
 */
export class LocalSnapshotter implements PagedSnapshotter {
  /** Inspects its files; absent where the back end cannot. */
  readonly checker: DriverChecker | undefined;
  readonly #parts: EngineParts;

  private constructor(parts: EngineParts) {
    this.#parts = parts;
    this.checker = parts.driver.checker;
  }

  /**
   * Opens it over a store and a driver that are open already. Costs one durable write and one listing of the snapshots
   * directory, and reading all records where the driver has to restore something.
   */
  static async open(options: LocalSnapshotterOptions): Promise<LocalSnapshotter> {
    const { name, store, driver, errors = silentErrors, faults = noFaults } = options;
    const records = new SnapshotRecords(name);
    await driver.restore?.(recordedSnapshots(store, records));
    const found = await findFiles(driver);
    const ids = await IdAllocator.open({ store, faults, above: highestId(found.names) });
    const limiter = new Limiter(driver, options.limits ?? {}, errors);
    const shared = { store, records, driver, errors, faults };
    const limits = new LimitChanges({ ...shared, limiter });
    const deletesAtOnce = options.syncRemove ?? false;
    const files = new SnapshotFiles({ ...shared, found, firstNewId: ids.firstId, deletesAtOnce });
    const leased = new LeasedSnapshots(name);
    return new LocalSnapshotter({ name, store, records, leased, driver, ids, files, limiter, limits, faults });
  }

  prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return createSnapshot(this.#parts, 'active', request, call);
  }

  view(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return createSnapshot(this.#parts, 'view', request, call);
  }

  async mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    throwIfCallAborted(call);
    const { store, records, driver } = this.#parts;
    const layers = store.read((tx) => records.findLayers(tx, nameIn(call, checkedKey(key))));
    if (layers === undefined) throw noSuchSnapshot(key);
    if (layers.kind === 'committed') {
      throw new FailedPreconditionError(`failed to get active mount: requested snapshot ${key} not active or view`);
    }
    return driver.mounts(driverSnapshot(layers));
  }

  commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    return commitSnapshot(this.#parts, request, call);
  }

  remove(key: string, call: CallContext = noContext): Promise<void> {
    return removeSnapshot(this.#parts, key, call);
  }

  async stat(key: string, call: CallContext = noContext): Promise<Info> {
    throwIfCallAborted(call);
    const { store, records, driver } = this.#parts;
    return infoOf(
      driver,
      store.read((tx) => requireRecord(records, tx, nameIn(call, checkedKey(key)))),
    );
  }

  update(request: UpdateRequest, call: CallContext = noContext): Promise<Info> {
    return updateSnapshot(this.#parts, request, call);
  }

  async usage(key: string, call: CallContext = noContext): Promise<Usage> {
    throwIfCallAborted(call);
    const { store, records, driver } = this.#parts;
    const record = store.read((tx) => requireRecord(records, tx, nameIn(call, checkedKey(key))));
    if (record.kind === 'committed') return record.usage;
    return record.kind === 'view' ? noUsage : driver.usage(driverSnapshot(record), call);
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  walkPages(request: WalkRequest, call: CallContext): AsyncIterable<readonly Info[]> {
    return walkSnapshots(this.#parts, request, call);
  }

  /** Whether a key or name is taken in the call's namespace. */
  has(key: string, call: CallContext): boolean {
    const { store, records } = this.#parts;
    return store.read((tx) => records.has(tx, nameIn(call, key)));
  }

  /**
   * Repairs what an earlier process left, in the background of other calls; to be called once, at the start.
   * @throws what reading the snapshots directory throws; failures with single snapshots are reported and counted.
   */
  recover(call: CallContext = noContext): Promise<RecoveryReport> {
    const { files, limits } = this.#parts;
    return files.recover((within) => limits.reconcile(within), call);
  }

  async cleanup(call: CallContext = noContext): Promise<void> {
    await this.#parts.files.deleteStrays(call);
    await this.#parts.limits.reconcile(call);
  }

  /**
   * Makes a committed snapshot of what an active one is now; the active one goes on over it, under its key. One
   * transaction, on disk when it resolves; when it rejects, the snapshot is as it was. Nothing may have it mounted.
   */
  freeze(request: FreezeRequest, call: CallContext): Promise<void> {
    return freezeSnapshot(this.#parts, request, call);
  }

  /** Begins an active snapshot again over a committed one; what was written to it is deleted. As `freeze` otherwise. */
  replace(request: ReplaceRequest, call: CallContext): Promise<void> {
    return replaceSnapshot(this.#parts, request, call);
  }

  /**
   * Removes those of a few snapshots that are still unkept when their turn comes, in one transaction. Their files follow in
   * the background.
   * @returns the records of those that are gone, which is on disk.
   */
  collect(
    ids: readonly number[],
    isUnkept: (tx: ReadTransaction, id: number) => boolean,
  ): Promise<readonly SnapshotRecord[]> {
    return collectSnapshots(this.#parts, ids, isUnkept);
  }

  /** Whether files with this name are being made or deleted right now, so that they need no record. */
  isBusy(id: string): boolean {
    return this.#parts.files.isBusy(id);
  }

  /** Why files with this name, which has no record, could not be deleted so far; undefined when nothing failed. */
  whyUndeleted(id: string): string | undefined {
    return this.#parts.files.whyUndeleted(id);
  }

  /** Stops deleting; what is left is found at the next start. */
  async close(): Promise<void> {
    await this.#parts.files.close();
    await this.#parts.driver.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Every snapshot that is recorded, page by page. */
function* recordedSnapshots(store: Store, records: SnapshotRecords): Generator<DriverSnapshot> {
  let after = 0;
  for (;;) {
    const page = store.read((tx) => records.pageById(tx, after, restorePage));
    yield* page.map(driverSnapshot);
    if (page.length < restorePage) return;
    after = page.at(-1)?.id ?? after;
  }
}
