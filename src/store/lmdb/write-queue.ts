import { ABORT } from 'lmdb';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { fromSystemError, InternalError, ResourceExhaustedError, UnavailableError } from '../../errors/index.js';
import { RecordWriter } from '../codec.js';
import type { WriteTransaction } from '../store.js';
import { ChangeBuffer } from './change-buffer.js';
import type { ByteRoot, TableSet } from './tables.js';
import { LmdbWriteTransaction } from './transaction.js';

/** How many writes may wait. Each holds memory until it is on disk; a caller that is so far ahead must be told. */
export const maxOutstandingWrites = 100_000;

/** How many changes share a commit: enough to make the disk's share small, few enough not to hold up the event loop. */
const maxChangesPerCommit = 1000;

type Change<T> = (tx: WriteTransaction) => T;

/** One write from the moment that it is asked for until it is on disk. */
interface PendingWrite {
  /**
   * Makes the change; keeps its result or its error.
   * @param isAlone Whether nothing else is in the transaction, which is then the change's own; else it gets one inside.
   * @returns whether it was made.
   */
  perform(isAlone: boolean): boolean;
  /** Its commit is on disk, or it failed by itself: tells the caller. */
  settle(): void;
  /** Its commit failed. */
  fail(error: unknown): void;
}

/** Puts the changes of each commit on disk; see `Journal`. */
export interface CommitLog {
  /** Why nothing can be put on disk any more, if so. */
  readonly failure: { readonly cause: unknown } | undefined;
  freeze(): void;
  thaw(): void;
  persist(changes: ChangeBuffer): Promise<void>;
  checkpoint(): Promise<void>;
}

/** What the queue works on. */
export interface WriteQueueOptions {
  /** An environment whose commits do not wait for the disk. */
  readonly root: Pick<ByteRoot, 'transactionSync'>;
  readonly tables: TableSet;
  /** Where commits are put on disk; undefined leaves that to the kernel. */
  readonly log: CommitLog | undefined;
  /** Turns the error of a failed commit into what the callers of its changes get. */
  readonly explain: (error: unknown) => Promise<Error>;
  /** Told at the points of a transaction. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/**
 * Collects the changes that are asked for while a commit is under way and commits them together: one LMDB transaction,
 * one disk synchronisation, and inside it a nested transaction for each change, so that each is undone alone.
 *
 * Nothing of a change is visible before its commit is on disk, and only then the next transaction starts.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #faults: FaultPoints;
  readonly #writer = new RecordWriter();
  readonly #changes = new ChangeBuffer();
  readonly #waiting: PendingWrite[] = [];
  #outstanding = 0;
  #performing = false;
  #working: Promise<void> | undefined;
  #broken: { readonly cause: unknown } | undefined;

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
      return Promise.reject(new UnavailableError('store cannot be written any more', this.#broken));
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
    while (this.#waiting.length > 0) {
      // What is asked for in the same turn of the event loop is in it; what was answered goes out before.
      await turnOfLoop();
      await this.#commit(this.#waiting.splice(0, maxChangesPerCommit));
    }
    this.#working = undefined;
  }

  async #commit(batch: readonly PendingWrite[]): Promise<void> {
    try {
      await this.#perform(batch);
    } catch (error) {
      await this.#fail(batch, error);
      return;
    } finally {
      this.#outstanding -= batch.length;
    }
    this.#faults.reach('store.committed');
    for (const write of batch) write.settle();
  }

  /** Makes the changes; they are on disk when it resolves. */
  async #perform(batch: readonly PendingWrite[]): Promise<void> {
    const { log } = this.#options;
    log?.freeze();
    try {
      await this.#applyWithRoom(batch);
      this.#faults.reach('store.applied');
      if (!this.#changes.empty) await log?.persist(this.#changes);
    } finally {
      // What could not be put on disk stays out of sight.
      if (log?.failure === undefined) log?.thaw();
    }
  }

  async #applyWithRoom(batch: readonly PendingWrite[]): Promise<void> {
    const { log, explain } = this.#options;
    try {
      this.#apply(batch);
    } catch (error) {
      // Pages that are free since the last checkpoint may be room enough.
      if (log === undefined || !((await explain(error)) instanceof ResourceExhaustedError)) throw error;
      await log.checkpoint();
      this.#apply(batch);
    }
  }

  async #fail(batch: readonly PendingWrite[], error: unknown): Promise<void> {
    this.#broken = this.#options.log?.failure ?? this.#findBroken();
    // If no other can begin, whoever waits must not wait for ever.
    const failed = this.#broken === undefined ? batch : [...batch, ...this.#waiting.splice(0)];
    this.#outstanding -= failed.length - batch.length;
    const failure = await this.#options.explain(error);
    for (const write of failed) write.fail(failure);
  }

  /** After a failed commit: why no other can begin, if so. LMDB refuses them when it could not put its meta page right. */
  #findBroken(): { readonly cause: unknown } | undefined {
    try {
      this.#options.root.transactionSync(() => ABORT);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  /** One LMDB transaction. Does not wait for the disk. */
  #apply(batch: readonly PendingWrite[]): void {
    this.#changes.reset();
    this.#options.root.transactionSync(() => {
      this.#faults.reach('store.begun');
      this.#performing = true;
      try {
        const isAlone = batch.length === 1;
        for (const write of batch) if (!write.perform(isAlone) && isAlone) return ABORT;
      } finally {
        this.#performing = false;
      }
      this.#faults.reach('store.changed');
      return undefined;
    });
  }

  #pending<T>(change: Change<T>, { resolve, reject }: Settlers<T>): PendingWrite {
    let settle: (() => void) | undefined;
    let fail = reject;
    return {
      perform: (isAlone) => {
        try {
          const result = this.#run(change, isAlone);
          settle = () => resolve(result);
          return true;
        } catch (error) {
          settle = () => reject(error);
          // It has failed already, whatever becomes of the commit.
          fail = settle;
          return false;
        }
      },
      settle: () => settle?.(),
      fail: (error) => fail(error),
    };
  }

  #run<T>(change: Change<T>, isAlone: boolean): T {
    const mark = this.#changes.mark;
    try {
      return isAlone ? this.#make(change) : this.#makeInside(change);
    } catch (error) {
      this.#changes.rewind(mark);
      throw error;
    }
  }

  /** Makes a change in a nested transaction, which a throw undoes alone. */
  #makeInside<T>(change: Change<T>): T {
    let result: { readonly value: T } | undefined;
    try {
      // The callback returns nothing, since some results have a meaning to lmdb-js.
      this.#options.root.transactionSync(() => {
        result = { value: this.#make(change) };
      });
    } catch (error) {
      // The change was made; LMDB could not end its transaction.
      throw result === undefined ? error : fromSystemError(error, 'cannot write to store');
    }
    if (result === undefined) throw new InternalError('the change of a write was not run');
    return result.value;
  }

  #make<T>(change: Change<T>): T {
    const tx = new LmdbWriteTransaction(this.#options.tables, this.#writer, this.#changes);
    try {
      return refusePromise(change(tx));
    } finally {
      tx.end();
    }
  }
}

/** Resolves when the event loop has dealt with what is there already. */
function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
