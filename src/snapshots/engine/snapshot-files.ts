import { CanceledError } from '../../errors/index.js';
import { type CallContext, noContext, throwIfCallAborted } from '../api/types.js';
import { CommitLeftovers } from './commit-leftovers.js';
import { DiscardQueue } from './discards.js';
import { type FoundFiles, namesOnDisk } from './found-files.js';
import { Recovery, type RecoveryOptions, type RecoveryReport } from './recovery.js';

/** What manages the files of snapshots, and how. */
export interface SnapshotFilesOptions extends RecoveryOptions {
  /** What was in the snapshots directory before this process made its first snapshot. */
  readonly found: FoundFiles;
  /** The first id of this process. */
  readonly firstNewId: number;
  /** Whether the files of a removed snapshot are gone when `delete` resolves; otherwise they go in the background. */
  readonly deletesAtOnce: boolean;
}

/**
 * The files of snapshots without a record: those that are not recorded yet, and those whose record is deleted. A crash
 * leaves them as directories without a record, which `recover` and `deleteStrays` find.
 */
export class SnapshotFiles {
  readonly #options: SnapshotFilesOptions;
  readonly #discards: DiscardQueue;
  readonly #leftovers: CommitLeftovers;
  readonly #recovery: Recovery;
  readonly #closing = new AbortController();
  /** What was in the snapshots directory at the start; dropped when the recovery begins. */
  #found: FoundFiles;
  #recovering: Promise<void> | undefined;
  /** Ids with files whose records are not there yet. */
  readonly #staging = new Set<string>();
  /** Ids whose files a caller waits to see deleted. */
  readonly #deleting = new Set<string>();

  constructor(options: SnapshotFilesOptions) {
    const { driver, errors } = options;
    this.#options = options;
    this.#found = options.found;
    const discard = (ids: readonly string[], call: CallContext) => driver.discard(ids, call);
    const onFailed = () => errors.undeleted?.(this.#discards.failed.size + this.#leftovers.failed.size);
    this.#discards = new DiscardQueue({ task: 'delete the files of snapshots', discard, onFailed }, errors);
    this.#leftovers = new CommitLeftovers(driver, errors, onFailed);
    this.#recovery = new Recovery({ ...options, discards: this.#discards });
  }

  /** Files with this name are about to be made: no clean-up deletes them until `settle` or `unstage`. */
  stage(id: string): void {
    this.#staging.add(id);
  }

  /** They are recorded, or were never made. */
  settle(id: string): void {
    this.#staging.delete(id);
  }

  /** Deletes what could not be recorded. A failure is reported, and it is tried again later. */
  async unstage(id: string): Promise<void> {
    this.#options.faults.reach('create.refused');
    await this.#discards.deleteNow([id], noContext);
    this.#staging.delete(id);
  }

  /** A snapshot has become a layer: deletes in the background what it needed while it was active. */
  committed(id: string): void {
    this.#leftovers.drop(id);
  }

  /**
   * Deletes the files of a snapshot whose record is gone, at once or in the background, where an aborted call leaves them as
   * well. Failures are reported, and it is tried again later.
   */
  async delete(id: string, call: CallContext): Promise<void> {
    const { faults, deletesAtOnce } = this.#options;
    if (!deletesAtOnce) return this.deleteLater(id);
    faults.reach('remove.recorded');
    this.#deleting.add(id);
    try {
      await this.#discards.deleteNow([id], call);
    } catch {
      // Only an aborted call ends it.
      this.#discards.add([id]);
    } finally {
      this.#deleting.delete(id);
    }
  }

  /** Deletes the files of a snapshot whose record is gone, in the background. Failures are reported. */
  deleteLater(id: string): void {
    this.#options.faults.reach('remove.recorded');
    this.#discards.add([id]);
  }

  /** Why the files with this name could not be deleted so far; undefined when nothing failed. */
  whyUndeleted(id: string): string | undefined {
    return this.#discards.failed.get(id);
  }

  /** Whether files with this name are being made or deleted, so that they need no record. */
  isBusy(id: string): boolean {
    return this.#staging.has(id) || this.#deleting.has(id) || this.#discards.has(id);
  }

  /** Waits for the files of removed snapshots, tries again what failed, and deletes files without a record. */
  async deleteStrays(call: CallContext): Promise<void> {
    await Promise.all([this.#discards.drain(), this.#leftovers.drain()]);
    await this.#recovering;
    const names = await namesOnDisk(this.#options.driver);
    throwIfCallAborted(call);
    // The order matters: an id leaves the staging set after its record is there, so what is neither staged now nor
    // recorded afterwards will never be recorded.
    // What the queue has is deleted there, or has just failed.
    const isKnown = (name: string) => this.#discards.has(name) || this.#discards.failed.has(name);
    const candidates = names.filter((name) => !this.#staging.has(name) && !isKnown(name));
    await this.#recovery.deleteStrays(candidates, call);
    this.#leftovers.search(() => this.#recovery.committedAmong(candidates));
    await this.#leftovers.drain();
  }

  /**
   * Repairs what an earlier process left.
   * @param next What belongs to the recovery and follows it.
   */
  async recover(next: (call: CallContext) => Promise<void>, call: CallContext): Promise<RecoveryReport> {
    const { names, error } = this.#found;
    this.#found = { names: [], error: undefined };
    if (error !== undefined) throw error;
    const signals = [this.#closing.signal, ...(call.signal === undefined ? [] : [call.signal])];
    const recovered = this.#recover(names, next, { signal: AbortSignal.any(signals) });
    this.#recovering = recovered.then(
      () => undefined,
      () => undefined,
    );
    return recovered;
  }

  async #recover(
    names: readonly string[],
    next: (call: CallContext) => Promise<void>,
    call: CallContext,
  ): Promise<RecoveryReport> {
    const { firstNewId } = this.#options;
    const { report, committed } = await this.#recovery.run({ names, firstNewId }, call);
    this.#leftovers.search(() => committed);
    await next(call);
    return report;
  }

  /** Stops deleting; what is left is found at the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new CanceledError('the snapshotter is closed'));
    await this.#recovering;
    await Promise.all([this.#discards.close(), this.#leftovers.close()]);
  }
}
