import type { FaultPoints } from '../../base/index.js';
import { AbortedError, NotFoundError, withContext } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import { updatedLabels } from '../api/labels.js';
import { type CallContext, noContext, throwIfCallAborted } from '../api/types.js';
import type { Driver } from '../driver/driver.js';
import type { BackgroundErrors } from '../engine/discards.js';
import { driverSnapshot, type LabelChange, type Staged } from '../engine/staging.js';
import type { SnapshotRecord } from '../records/tables.js';
import type { SnapshotTree } from '../records/tree.js';
import type { Limiter } from './limiter.js';
import { type Limits, noLimits, sameLimits } from './limits.js';

/** What limits are changed with. */
export interface LimitChangesOptions {
  readonly store: Store;
  readonly tree: SnapshotTree;
  readonly driver: Driver;
  readonly limiter: Limiter;
  readonly errors: BackgroundErrors;
  readonly faults: FaultPoints;
}

/** A change of labels whose limits, if it changes them, hold already. */
export interface StagedLimits extends Staged {
  /** @throws AbortedError when the limits of the snapshot are others by now than when the change was staged. */
  check(tx: ReadTransaction): void;
}

/** A change of what a snapshot's labels ask for. */
interface LimitChange {
  readonly record: SnapshotRecord;
  readonly limits: Limits;
}

/** What was set, by the key and the change of labels that it was planned from; undefined for nothing. */
interface PlannedChange {
  readonly key: string;
  readonly change: LabelChange;
  readonly planned: LimitChange | undefined;
}

const reconcilePage = 256;

/**
 * Changes the limits of snapshots that are in use. The label is the truth: a new limit is set first and recorded then,
 * and set back when the record is refused. What a crash leaves in between is set to what is recorded at the next start.
 */
export class LimitChanges {
  readonly #options: LimitChangesOptions;
  /** Changes of limits happen one after the other, from the setting to the record. */
  #last: Promise<void> = Promise.resolve();
  #reconciled = false;

  constructor(options: LimitChangesOptions) {
    this.#options = options;
  }

  /**
   * Sets the limits that a change of labels asks for, if it changes any.
   * @throws InvalidArgumentError for labels that are no limits, FailedPreconditionError when they cannot be kept.
   */
  async stage(key: string, change: LabelChange, call: CallContext): Promise<StagedLimits> {
    const nothing = { key, change, planned: undefined };
    if (this.#plan(key, change) === undefined) {
      return { check: (tx) => this.#check(tx, nothing), settle: () => undefined, discard: async () => undefined };
    }
    const release = await this.#turn();
    try {
      throwIfCallAborted(call);
      const planned = this.#plan(key, change);
      if (planned !== undefined) await this.#set(planned, call);
      this.#options.faults.reach('limits.set');
      return {
        check: (tx) => this.#check(tx, { key, change, planned }),
        settle: release,
        discard: () => this.#setBack(key, planned).finally(release),
      };
    } catch (error) {
      release();
      throw withContext(error, `failed to limit snapshot ${key}`);
    }
  }

  #plan(key: string, change: LabelChange): LimitChange | undefined {
    const { store, tree } = this.#options;
    return store.read((tx) => this.#difference(tree.find(tx, key), key, change));
  }

  #difference(record: SnapshotRecord | undefined, key: string, change: LabelChange): LimitChange | undefined {
    // Only what is written has limits; what is missing is refused where the record is changed.
    if (record?.kind !== 'active') return undefined;
    const { limiter } = this.#options;
    const { labels: given, fieldpaths } = change;
    const labels = updatedLabels({ name: key, current: record.labels, given, fieldpaths });
    const limits = limiter.wanted(labels);
    return sameLimits(limiter.recorded(record.labels), limits) ? undefined : { record, limits };
  }

  #check(tx: ReadTransaction, { key, change, planned }: PlannedChange): void {
    const now = this.#difference(this.#options.tree.find(tx, key), key, change);
    const same =
      now === undefined || planned === undefined
        ? now === planned
        : now.record.id === planned.record.id && sameLimits(now.limits, planned.limits);
    if (!same) throw new AbortedError(`the limits of snapshot ${key} were changed meanwhile`);
  }

  async #set({ record, limits }: LimitChange, call: CallContext): Promise<void> {
    const { driver, limiter } = this.#options;
    await driver.limiter?.set(driverSnapshot(record), limiter.keepable(limits), call);
  }

  /** Sets what is recorded; a snapshot that is gone has no limits. Never rejects. */
  async #setBack(key: string, planned: LimitChange | undefined): Promise<void> {
    if (planned === undefined) return;
    const { store, tree, limiter, errors } = this.#options;
    const { id } = planned.record;
    const record = store.read((tx) => tree.find(tx, key));
    const limits = record?.id === id ? limiter.recorded(record.labels) : noLimits;
    try {
      await this.#set({ ...planned, limits }, noContext);
    } catch (error) {
      if (!(error instanceof NotFoundError)) errors.report(`set back the limits of snapshot ${id}`, error);
    }
  }

  /** Waits for the change before; the result ends this one. */
  async #turn(): Promise<() => void> {
    const before = this.#last;
    let release: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }

  /**
   * Sets the limits of every active snapshot to what is recorded, once in the life of the process. Failures are
   * reported.
   */
  async reconcile(call: CallContext): Promise<void> {
    const { store, tree, driver } = this.#options;
    if (this.#reconciled || driver.limiter === undefined) return;
    let after: string | undefined;
    for (;;) {
      throwIfCallAborted(call);
      const page = store.read((tx) => tree.walk(tx, { after, limit: reconcilePage }));
      for (const { name, record } of page) if (record.kind === 'active') await this.#reconcileOne(name, call);
      if (page.length < reconcilePage) break;
      // Where nothing has to be set, nothing else gives others a turn.
      await new Promise((resolve) => setImmediate(resolve));
      after = page.at(-1)?.name;
    }
    this.#reconciled = true;
  }

  async #reconcileOne(key: string, call: CallContext): Promise<void> {
    const { store, tree, limiter, errors } = this.#options;
    const release = await this.#turn();
    try {
      const record = store.read((tx) => tree.find(tx, key));
      if (record?.kind !== 'active') return;
      await this.#set({ record, limits: limiter.recorded(record.labels) }, call);
    } catch (error) {
      errors.report(`set the limits of snapshot ${key}`, error);
    } finally {
      release();
    }
  }
}
