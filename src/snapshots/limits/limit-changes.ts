import { type FaultPoints, SerialQueue } from '../../base/index.js';
import { AbortedError, NotFoundError, withContext } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import { updatedLabels } from '../api/labels.js';
import type { CheckedUpdate } from '../api/requests.js';
import { type CallContext, noContext, throwIfCallAborted } from '../api/types.js';
import type { Driver } from '../driver/driver.js';
import type { BackgroundErrors } from '../engine/background-errors.js';
import { driverSnapshot } from '../engine/driver-snapshot.js';
import type { SnapshotName, SnapshotRecord } from '../records/record.js';
import type { SnapshotRecords } from '../records/snapshot-records.js';
import type { Limiter } from './limiter.js';
import { type Limits, noLimits, sameLimits } from './limits.js';

/** What limits are changed with. */
export interface LimitChangesOptions {
  readonly store: Store;
  readonly records: SnapshotRecords;
  readonly driver: Driver;
  readonly limiter: Limiter;
  readonly errors: BackgroundErrors;
  readonly faults: FaultPoints;
}

/** A change of what a snapshot's labels ask for. */
interface LimitChange {
  readonly record: SnapshotRecord;
  readonly limits: Limits;
}

/** @throws AbortedError when the limits of the snapshot were changed meanwhile. */
type LimitCheck = (tx: ReadTransaction) => void;

const reconcilePage = 256;

/** All changes of limits are one serial queue: they are rare, and each is a system call or two. */
const queueName = 'limits';

/**
 * Changes the limits of snapshots that are in use. The label decides: a new limit is set first and recorded then, and set
 * back when the record is refused. After a crash in between, the next start sets the recorded limit.
 */
export class LimitChanges {
  readonly #options: LimitChangesOptions;
  readonly #queue = new SerialQueue();
  #reconciled = false;

  constructor(options: LimitChangesOptions) {
    this.#options = options;
  }

  /**
   * Sets the limits that a change of labels asks for, if it changes any, and has `record` record the labels.
   * @throws InvalidArgumentError for labels that are no limits; FailedPreconditionError when they cannot be kept; and what
   * `record` throws, with the limits as they were.
   */
  async around<T>(update: CheckedUpdate, call: CallContext, record: (check: LimitCheck) => Promise<T>): Promise<T> {
    const name = { namespace: call.namespace ?? '', key: update.name };
    if (this.#plan(name, update) === undefined) return record((tx) => this.#check(tx, name, update, undefined));
    return this.#queue.run(queueName, async () => {
      const planned = this.#plan(name, update);
      try {
        throwIfCallAborted(call);
        if (planned !== undefined) await this.#set(planned, call);
      } catch (error) {
        throw withContext(error, `failed to limit snapshot ${update.name}`);
      }
      this.#options.faults.reach('limits.set');
      try {
        return await record((tx) => this.#check(tx, name, update, planned));
      } catch (error) {
        if (planned !== undefined) await this.#setBack(planned);
        throw error;
      }
    });
  }

  #plan(name: SnapshotName, update: CheckedUpdate): LimitChange | undefined {
    return this.#options.store.read((tx) => this.#difference(tx, name, update));
  }

  #difference(tx: ReadTransaction, name: SnapshotName, update: CheckedUpdate): LimitChange | undefined {
    const { records, limiter } = this.#options;
    const record = records.find(tx, name);
    // Only what is written has limits; what is missing is refused where the record is changed.
    if (record?.kind !== 'active') return undefined;
    const { labels: given, fieldpaths } = update;
    const labels = updatedLabels({ name: name.key, current: record.labels, given, fieldpaths });
    const limits = limiter.wanted(labels);
    return sameLimits(limiter.recorded(record.labels), limits) ? undefined : { record, limits };
  }

  #check(tx: ReadTransaction, name: SnapshotName, update: CheckedUpdate, planned: LimitChange | undefined): void {
    const now = this.#difference(tx, name, update);
    const same =
      now === undefined || planned === undefined
        ? now === planned
        : now.record.id === planned.record.id && sameLimits(now.limits, planned.limits);
    if (!same) throw new AbortedError(`the limits of snapshot ${name.key} were changed meanwhile`);
  }

  async #set({ record, limits }: LimitChange, call: CallContext): Promise<void> {
    const { driver, limiter } = this.#options;
    await driver.limiter?.set(driverSnapshot(record), limiter.keepable(limits), call);
  }

  /** Sets what is recorded; a snapshot that is gone has no limits. Never rejects. */
  async #setBack(planned: LimitChange): Promise<void> {
    const { store, records, limiter, errors } = this.#options;
    const { id } = planned.record;
    const record = store.read((tx) => records.findById(tx, id));
    const limits = record === undefined ? noLimits : limiter.recorded(record.labels);
    try {
      await this.#set({ ...planned, limits }, noContext);
    } catch (error) {
      if (!(error instanceof NotFoundError)) errors.report(`set back the limits of snapshot ${id}`, error);
    }
  }

  /**
   * Sets the limits of every active snapshot to what is recorded, once in the life of the process. Failures are
   * reported.
   */
  async reconcile(call: CallContext): Promise<void> {
    const { store, records, driver } = this.#options;
    if (this.#reconciled || driver.limiter === undefined) return;
    let after = 0;
    for (;;) {
      throwIfCallAborted(call);
      const page = store.read((tx) => records.pageById(tx, after, reconcilePage));
      for (const { id, kind } of page) {
        if (kind === 'active') await this.#queue.run(queueName, () => this.#reconcileOne(id, call));
      }
      if (page.length < reconcilePage) break;
      // Where nothing has to be set, nothing else gives others a turn.
      await new Promise((resolve) => setImmediate(resolve));
      after = page.at(-1)?.id ?? after;
    }
    this.#reconciled = true;
  }

  async #reconcileOne(id: number, call: CallContext): Promise<void> {
    const { store, records, limiter, errors } = this.#options;
    try {
      const record = store.read((tx) => records.findById(tx, id));
      if (record?.kind !== 'active') return;
      await this.#set({ record, limits: limiter.recorded(record.labels) }, call);
    } catch (error) {
      errors.report(`set the limits of snapshot ${id}`, error);
    }
  }
}
