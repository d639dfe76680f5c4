import path from 'node:path';
import { makeDirectories } from '../../base/index.js';
import { fromSystemError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { type BackupFile, backupName, listBackups, pruneBackups } from './backup-files.js';

/** When and where to make backups. */
export interface BackupScheduleOptions {
  readonly store: Pick<Store, 'backup' | 'changes'>;
  /** Made when it is missing, for its owner only. */
  readonly directory: string;
  /** Milliseconds from one to the next. */
  readonly interval: number;
  /** How many there may be; the oldest are deleted. */
  readonly keep: number;
  /** Told about each backup. */
  readonly onDone: (made: BackupFile) => void;
  /** Told when one could not be made; the next is tried after another interval. */
  readonly onFailure: (error: unknown) => void;
  /** The time, for tests. */
  readonly now?: () => number;
}

/** After a start the first backup waits at least so many milliseconds, since the machine may be starting too. */
const startDelay = 60_000;

/** The longest that a timer of Node can wait. */
const longestDelay = 2 ** 31 - 1;

/**
 * Makes a backup of the records at an interval, unless nothing has changed since the last one. Never throws when a backup
 * fails.
 */
export class BackupSchedule implements AsyncDisposable {
  readonly #options: BackupScheduleOptions;
  readonly #now: () => number;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** The changes of the store that the last backup of this process has. */
  #saved: number | undefined;

  constructor(options: BackupScheduleOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Begins; the first backup is due an interval after the newest that is there. */
  async start(): Promise<void> {
    const [newest] = await this.#newest();
    const due = newest === undefined ? 0 : newest.made + this.#options.interval - this.#now();
    this.#wait(Math.max(startDelay, Math.min(due, this.#options.interval)));
  }

  async #newest(): Promise<BackupFile[]> {
    try {
      return await listBackups(this.#options.directory);
    } catch (error) {
      this.#options.onFailure(error);
      return [];
    }
  }

  #wait(delay: number): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        this.#running = this.run().finally(() => this.#wait(this.#options.interval));
      },
      Math.min(delay, longestDelay),
    );
    this.#timer.unref();
  }

  /** Makes one now, if anything has changed since the last. Never rejects. */
  async run(): Promise<void> {
    const { store, onDone, onFailure } = this.#options;
    const changes = store.changes;
    if (changes === this.#saved) return;
    try {
      onDone(await this.#make());
      this.#saved = changes;
    } catch (error) {
      if (!this.#abort.signal.aborted) onFailure(error);
    }
  }

  async #make(): Promise<BackupFile> {
    const { store, directory, keep } = this.#options;
    const made = this.#now();
    const file = path.join(directory, backupName(new Date(made)));
    try {
      await makeDirectories(directory);
      await store.backup(file, this.#abort.signal);
      await pruneBackups(directory, keep);
    } catch (error) {
      throw fromSystemError(error);
    }
    return { path: file, made };
  }

  /** Cancels the backup under way, waits for its end, and makes no more. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
