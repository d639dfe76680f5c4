import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { Transaction } from 'lmdb';
import type { ChangeBuffer } from './change-buffer.js';
import { dataFileName, readDataFileMeta } from './data-file.js';
import { createLogFile, LogFile } from './log-file.js';
import type { LogHead } from './log-format.js';
import type { ByteRoot, View } from './tables.js';

/** A checkpoint is made when so many blocks of the log are used: 256 KiB. */
const checkpointBlocks = 64;

/** The part of an environment that a journal needs. */
export type ViewedRoot = Pick<ByteRoot, 'resetReadTxn' | 'useReadTransaction'>;

/** What a journal works on. */
export interface JournalOptions {
  /** The directory of the store. */
  readonly directory: string;
  /** An environment that puts nothing on disk by itself, and in which nothing has been changed. */
  readonly root: ViewedRoot;
  /** What the log says, which is closed; undefined when there is none. */
  readonly head: LogHead | undefined;
}

/**
 * Puts the changes of commits on disk, at the price of one synchronised write each, where LMDB takes two.
 *
 * LMDB's own writes are left to the kernel, in whatever order. What counts is the log, and the last *checkpoint*: a commit
 * that is on disk as a whole. None of its pages is written to until the next checkpoint is on disk, because a reader holds
 * on to it. After a crash the data file is taken back to its checkpoint, and the changes of the log are made again.
 */
export class Journal {
  readonly #root: ViewedRoot;
  readonly #data: FileHandle;
  readonly #dataPath: string;
  readonly #log: LogFile;
  /** Keeps the pages of the last checkpoint. */
  #view: Transaction | undefined;
  #frozen: View | undefined;
  #checkpoint: Promise<void> | undefined;
  #failure: { readonly cause: unknown } | undefined;

  private constructor(options: JournalOptions, data: FileHandle, log: LogFile) {
    this.#root = options.root;
    this.#dataPath = path.join(options.directory, dataFileName);
    this.#data = data;
    this.#log = log;
  }

  /** Opens the log, or makes it, and makes a checkpoint. From then on the environment may be changed. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { directory } = options;
    const head = options.head ?? (await createLogFile(directory));
    const data = await open(path.join(directory, dataFileName), 'r');
    const journal = new Journal(options, data, await LogFile.open(directory, head));
    try {
      await journal.checkpoint();
      return journal;
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** Why nothing can be put on disk any more, if so. Then only what was answered by then is there after the next start. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure;
  }

  /** What readers are to see; undefined when that is what there is. */
  get frozen(): View | undefined {
    return this.#frozen;
  }

  /** From now on readers see the state of now, whatever is committed, until it is on disk. */
  freeze(): void {
    this.#root.resetReadTxn();
    this.#frozen = { transaction: this.#root.useReadTransaction() };
  }

  /** Lets readers see what was committed. */
  thaw(): void {
    this.#frozen?.transaction.done();
    this.#frozen = undefined;
  }

  /**
   * Puts the changes of the last commit on disk. There must be no commit until it resolves.
   * @throws a system error when that failed; see {@link failure}.
   */
  async persist(changes: ChangeBuffer): Promise<void> {
    if (!this.#log.fits(changes)) await this.#checkpoint;
    if (!this.#log.fits(changes)) {
      // The checkpoint has them.
      await this.checkpoint();
      return;
    }
    await this.#attempt(() => this.#log.append(changes));
    // Whoever has to wait for it hears of a failure.
    if (this.#log.used >= checkpointBlocks && this.#checkpoint === undefined) this.checkpoint().catch(() => undefined);
  }

  /**
   * Puts the last commit on disk as a whole, so that the log begins anew and the pages that it does not need can be used
   * again. Commits may follow meanwhile. There is one checkpoint at a time.
   * @throws a system error when that failed; see {@link failure}.
   */
  async checkpoint(): Promise<void> {
    while (this.#checkpoint !== undefined) await this.#checkpoint;
    this.#checkpoint = this.#attempt(() => this.#makeCheckpoint());
    try {
      await this.#checkpoint;
    } finally {
      this.#checkpoint = undefined;
    }
  }

  async #makeCheckpoint(): Promise<void> {
    // All three are of the last commit, since nothing is awaited in between.
    this.#root.resetReadTxn();
    const view = this.#root.useReadTransaction();
    const from = this.#log.position;
    try {
      const { bytes } = readDataFileMeta(this.#data.fd, this.#dataPath);
      await this.#data.datasync();
      await this.#log.note('open', bytes, from);
    } catch (error) {
      view.done();
      throw error;
    }
    this.#view?.done();
    this.#view = view;
  }

  /** What the kernel could not write once, it may say to have written the next time: nothing is tried again. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.cause;
    try {
      await work();
    } catch (cause) {
      this.#failure = { cause };
      throw cause;
    }
  }

  /** Lets go of the environment, so that it can be closed. */
  async release(): Promise<void> {
    await this.#checkpoint?.catch(() => undefined);
    this.thaw();
    this.#view?.done();
    this.#view = undefined;
  }

  /**
   * To be called when the environment is closed: puts it on disk as a whole.
   * @returns false when that was not possible: the next start has to use the log.
   */
  async close(): Promise<boolean> {
    try {
      if (this.#failure === undefined) {
        const { bytes } = readDataFileMeta(this.#data.fd, this.#dataPath);
        await this.#attempt(async () => {
          await this.#data.datasync();
          await this.#log.note('closed', bytes, this.#log.position);
        });
      }
    } catch {
      // The log is still open, and says what is missing.
    } finally {
      await this.#data.close();
      await this.#log.close();
    }
    return this.#failure === undefined;
  }
}
