import { ABORT } from 'lmdb';
import { fromSystemError, InternalError, ResourceExhaustedError, UnavailableError } from '../../errors/index.js';
import { type FaultPoints, noFaults } from '../../faults/index.js';
import { RecordWriter } from '../codec.js';
import type { WriteTransaction } from '../store.js';
import type { ByteRoot, TableSet } from './tables.js';
import { LmdbWriteTransaction } from './transaction.js';

/** How many writes may wait. Each holds memory until it is on disk; a caller that is so far ahead must be told. */
export const maxOutstandingWrites = 100_000;

/** How many changes share a commit: enough to make the disk's share small, few enough not to hold up the event loop. */
const maxChangesPerCommit = 1000;

type Change<T> = (tx: WriteTransaction) => T;

/** One write from the moment that it is asked for until it is on disk. */
interface PendingWrite {
  /** Makes the change inside a transaction of its own; keeps its result or its error. */
  perform(): void;
  /** Its commit is on disk, or it failed by itself: tells the caller. */
  settle(): void;
  /** Its commit failed. */
  fail(error: unknown): void;
}

/** What the queue works on. */
export interface WriteQueueOptions {
  readonly root: Pick<ByteRoot, 'transaction' | 'transactionSync'>;
  readonly tables: TableSet;
  /** Turns the error of a failed commit into what the callers of its changes get. */
  readonly explain: (error: unknown) => Promise<Error>;
  /** Told at the points of a transaction. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/**
 * Collects the changes that are asked for while a commit is under way and commits them together: one LMDB transaction,
 * one disk synchronisation, and inside it a nested transaction for each change, so that each is undone alone.
 *
 * Nothing of a change is visible before its commit, and the next transaction starts when the last is on disk.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #faults: FaultPoints;
  readonly #writer = new RecordWriter();
  readonly #waiting: PendingWrite[] = [];
  #outstanding = 0;
  #performing = false;
  #working: Promise<void> | undefined;
  #broken: unknown;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#faults = options.faults ?? noFaults;
  }

  /** Whether a change is being made at this moment, so that the caller is inside of one. */
  get performing(): boolean {
    return this.#performing;
  }

  /** Resolves with the change's result once it is on disk; see `Store.write`. */
  add<T>(change: Change<T>): Promise<T> {
    if (this.#outstanding >= maxOutstandingWrites) {
      return Promise.reject(new ResourceExhaustedError(`${this.#outstanding} writes to the store are waiting`));
    }
    if (this.#broken !== undefined) {
      return Promise.reject(new UnavailableError('store cannot be written any more', { cause: this.#broken }));
    }
    this.#outstanding++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(this.#pending(change, { resolve, reject }));
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nothing is left to do. */
  async drain(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit();
    this.#working = undefined;
  }

  async #commit(): Promise<void> {
    const batch: PendingWrite[] = [];
    try {
      await this.#options.root.transaction(() => this.#perform(batch));
    } catch (error) {
      this.#broken = this.#findBroken();
      // If it did not even begin, or no other can, whoever waits must not wait for ever.
      if (batch.length === 0 || this.#broken !== undefined) batch.push(...this.#waiting.splice(0));
      const failure = await this.#options.explain(error);
      for (const write of batch) write.fail(failure);
      return;
    } finally {
      this.#outstanding -= batch.length;
    }
    this.#faults.reach('store.committed');
    for (const write of batch) write.settle();
  }

  /**
   * After a failed commit: why no other transaction can begin, if so. LMDB refuses them when it could not put its meta
   * page right again, and lmdb-js would then never settle the promise of an asynchronous one.
   */
  #findBroken(): unknown {
    try {
      this.#options.root.transactionSync(() => ABORT);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Runs when LMDB has begun the transaction: what has been asked for until now is in it. */
  #perform(batch: PendingWrite[]): void {
    batch.push(...this.#waiting.splice(0, maxChangesPerCommit));
    this.#faults.reach('store.begun');
    this.#performing = true;
    for (const write of batch) write.perform();
    this.#performing = false;
    this.#faults.reach('store.changed');
  }

  #pending<T>(change: Change<T>, { resolve, reject }: Settlers<T>): PendingWrite {
    let settle: (() => void) | undefined;
    let fail = reject;
    return {
      perform: () => {
        try {
          const result = this.#run(change);
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error);
          // It has failed already, whatever becomes of the commit.
          fail = settle;
        }
      },
      settle: () => settle?.(),
      fail: (error) => fail(error),
    };
  }

  #run<T>(change: Change<T>): T {
    const { root, tables } = this.#options;
    let result: { readonly value: T } | undefined;
    // Inside a transaction this is a nested one, which a throw undoes alone. Its callback returns nothing, since some
    // results have a meaning to lmdb-js.
    try {
      root.transactionSync(() => {
        const tx = new LmdbWriteTransaction(tables, this.#writer);
        try {
          result = { value: refusePromise(change(tx)) };
        } finally {
          tx.end();
        }
      });
    } catch (error) {
      // The change was made; LMDB could not end its transaction.
      throw result === undefined ? error : fromSystemError(error, 'cannot write to store');
    }
    if (result === undefined) throw new InternalError('the change of a write was not run');
    return result.value;
  }
}

interface Settlers<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function refusePromise<T>(result: T): T {
  if (typeof result !== 'object' || result === null || !('then' in result) || typeof result.then !== 'function') {
    return result;
  }
  // Its outcome interests nobody any more.
  void Promise.resolve(result).catch(() => undefined);
  throw new InternalError('the change of a write returned a promise; it must be synchronous');
}
