import { type FaultPoints, SerialQueue } from '../base/index.js';
import { InternalError, ResourceExhaustedError, UnavailableError } from '../errors/index.js';
import type { Connection } from './connection.js';
import type { LogFile } from './log-file.js';
import type { Reader } from './reader.js';
import type { Room } from './room.js';
import { explain, explainAny } from './sqlite-error.js';
import { statement } from './statement.js';
import type { WriteOptions, WriteTransaction } from './store.js';
import { within } from './transaction.js';

/** How many changes may wait. Each holds memory until it is on disk, so beyond this a caller is refused. */
const maxOutstanding = 100_000;

/** How many changes share a transaction: enough to make the disk's share small, few enough not to hold up the event loop. */
const maxPerGroup = 256;

const begin = statement('BEGIN IMMEDIATE');
const commit = statement('COMMIT');
const rollback = statement('ROLLBACK');
const mark = statement('SAVEPOINT change');
const keep = statement('RELEASE change');
const undo = statement('ROLLBACK TO change');
const changes = statement<{ readonly count: number }>('SELECT total_changes() AS count');

/** One change, from the moment that it is asked for until it is on disk. */
interface Change {
  readonly frees: boolean;
  /** Makes it in the open transaction, and keeps what comes of it. Throws what it throws. */
  make(): void;
  /** What its group made is on disk: tells the caller what came of it. */
  settle(): void;
  reject(error: unknown): void;
}

/** A transaction that failed as a whole. */
class LostTransaction extends Error {
  /** When: at its beginning or end, in a change, at the commit. */
  readonly at: 'around' | Change | 'commit';

  constructor(at: LostTransaction['at'], cause: unknown) {
    super('transaction is lost', { cause });
    this.at = at;
  }
}

/** What groups are committed with. */
export interface GroupCommitParts {
  readonly writer: Connection;
  readonly reader: Reader;
  readonly log: LogFile;
  readonly room: Room;
  readonly faults: FaultPoints;
  /** Whether a change waits for the disk. */
  readonly durable: boolean;
  /** Told after each group that is on disk, before the next. */
  readonly done: () => Promise<void>;
}

/**
 * Collects the changes that are asked for while a group is under way, and commits them together: one transaction with a
 * savepoint for each, one synchronisation of the log, off the event loop.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts;
  /** One after the other: groups, and what runs between them. */
  readonly #turns = new SerialQueue();
  readonly #waiting: Change[] = [];
  #outstanding = 0;
  #committed = 0;
  #collecting = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  /** How many groups have changed something. */
  get committed(): number {
    return this.#committed;
  }

  /** How many changes are not settled yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** See `Store.write`. */
  write<T>(work: (tx: WriteTransaction) => T, { frees = false }: WriteOptions): Promise<T> {
    if (this.#outstanding >= maxOutstanding) {
      return Promise.reject(new ResourceExhaustedError(`${this.#outstanding} changes of the store are waiting`));
    }
    return new Promise<T>((resolve, reject) => {
      let settle = () => reject(new InternalError('change of the store was not made'));
      this.#outstanding++;
      this.#waiting.push({
        frees,
        make: () => {
          try {
            const result = within(this.#parts.writer, work);
            settle = () => resolve(result);
          } catch (error) {
            // Not at once: it may be about another change of the group, which a power cut can still take back.
            settle = () => reject(error);
            throw error;
          }
        },
        settle: () => settle(),
        reject,
      });
      this.#collect();
    });
  }

  /** Runs something between two groups: nothing is being changed meanwhile, and all that was is on disk. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run('', work);
  }

  /** Resolves when no change waits or is under way. */
  drain(): Promise<void> {
    return this.#turns.allIdle();
  }

  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    void this.between(async () => {
      // Changes from the same turn of the event loop join the group; answers from before are sent first.
      await turnOfLoop();
      this.#collecting = false;
      const group = this.#waiting.splice(0, maxPerGroup);
      if (this.#waiting.length > 0) this.#collect();
      await this.#commit(group);
      this.#outstanding -= group.length;
    });
  }

  async #commit(group: readonly Change[]): Promise<void> {
    try {
      const admitted = await this.#admit(group);
      if (admitted.length > 0) await this.#settle(await this.#make(admitted));
    } catch (error) {
      reject(group, explainAny(error, this.#parts.writer.place));
    }
  }

  /** Refuses what cannot be done now. @returns the others. */
  async #admit(group: readonly Change[]): Promise<readonly Change[]> {
    const { room, writer } = this.#parts;
    if (this.#failure !== undefined) {
      throw new UnavailableError(`store ${writer.file} cannot be written any more`, this.#failure);
    }
    if (group.every(({ frees }) => frees) || (await room.isThere())) return group;
    return this.#refuseForRoom(group);
  }

  #refuseForRoom(group: readonly Change[], cause?: unknown): readonly Change[] {
    for (const change of group) if (!change.frees) change.reject(this.#full(cause));
    return group.filter(({ frees }) => frees);
  }

  #full(cause: unknown): ResourceExhaustedError {
    return new ResourceExhaustedError(`store ${this.#parts.writer.file}: no space left on device`, { cause });
  }

  /**
   * Makes and commits changes, again without those that were in the way when a transaction is lost.
   * @throws what is in the way of all of them.
   */
  async #make(group: readonly Change[], roomMade = false): Promise<Made> {
    const { room, writer } = this.#parts;
    try {
      return this.#transact(group);
    } catch (error) {
      if (!(error instanceof LostTransaction)) throw error;
      const { at, cause } = error;
      if (await room.isMissing(cause)) {
        if (roomMade) throw this.#full(cause);
        const freeing = this.#refuseForRoom(group, cause);
        if (freeing.length === 0) return nothing;
        await room.make();
        return this.#make(freeing, true);
      }
      if (at === 'commit') this.#failure = { cause };
      if (typeof at !== 'object') throw cause;
      at.reject(explain(cause, writer.place));
      return this.#make(
        group.filter((change) => change !== at),
        roomMade,
      );
    }
  }

  async #settle({ changed, group }: Made): Promise<void> {
    const { reader, durable, faults, done } = this.#parts;
    if (changed) {
      faults.reach('store.committed');
      if (durable) await this.#sync();
      faults.reach('store.synced');
      this.#committed++;
    }
    reader.release();
    for (const change of group) change.settle();
    await done();
  }

  async #sync(): Promise<void> {
    try {
      await this.#parts.log.sync();
    } catch (cause) {
      // The kernel has given up what it could not write: another attempt would succeed without doing anything.
      this.#failure = { cause };
      throw cause;
    }
  }

  /** One transaction, without waiting for the disk. @throws LostTransaction */
  #transact(group: readonly Change[]): Made {
    const { writer, reader } = this.#parts;
    let at: LostTransaction['at'] = 'around';
    try {
      writer.run(begin);
      const before = writer.get(changes)?.count;
      for (const change of group) {
        at = change;
        this.#makeOne(change);
      }
      at = 'around';
      const changed = writer.get(changes)?.count !== before;
      reader.hold();
      at = 'commit';
      writer.run(commit);
      return { changed, group };
    } catch (error) {
      if (writer.inTransaction) writer.run(rollback);
      throw new LostTransaction(at, error);
    }
  }

  /** Makes a change, or leaves nothing of it. @throws when the transaction is lost. */
  #makeOne(change: Change): void {
    const { writer } = this.#parts;
    writer.run(mark);
    try {
      change.make();
    } catch (error) {
      if (!writer.inTransaction) throw error;
      writer.run(undo);
    }
    writer.run(keep);
  }
}

/** A group that is committed. */
interface Made {
  /** Whether anything has to be put on disk. */
  readonly changed: boolean;
  readonly group: readonly Change[];
}

const nothing: Made = { changed: false, group: [] };

function reject(group: readonly Change[], error: unknown): void {
  for (const change of group) change.reject(error);
}

/** Resolves when the event loop has handled what is queued already. */
function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
