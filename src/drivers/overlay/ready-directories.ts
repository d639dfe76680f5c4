import { readdir } from 'node:fs/promises';
import { makeDirectoriesNow } from '../../base/index.js';
import { type DirectoryTemplate, removeTrees, runInTreePool } from '../../trees/index.js';

/** How a stock of directories is kept. */
export interface ReadyDirectoriesOptions {
  /** Where they are kept; made when it is missing, and nobody else's. On the file system where they will be used. */
  readonly path: string;
  readonly template: DirectoryTemplate;
  /** How many to keep: enough for a burst of so many snapshots. */
  readonly target: number;
  /** Told when the stock cannot be filled; it is tried again when the next one is taken. */
  readonly onError: (error: unknown) => void;
}

/** How many are made before waiting callers get them. */
const batch = 16;

/** Fewer when that takes longer, in milliseconds. It takes two, unless the file system is slow to find room. */
const batchTime = 3;

/** How many threads make directories when one is too slow for the waiting callers. */
const mostMakers = 4;

/**
 * A stock of directories that are preallocated in a worker thread, so that making a snapshot costs the event loop one
 * rename.
 */
export class ReadyDirectories {
  readonly #options: ReadyDirectoriesOptions;
  readonly #names: string[] = [];
  /** Those who found none, and get the next. */
  readonly #waiting: ((name: string | undefined) => void)[] = [];
  readonly #abort = new AbortController();
  readonly #run: string;
  #made = 0;
  #starting = true;
  #makers = 0;
  #inTheMaking = 0;
  #filling: Promise<void> | undefined;

  private constructor(options: ReadyDirectoriesOptions, run: string) {
    this.#options = options;
    this.#run = run;
  }

  /**
   * Opens a stock, which is filled in the background. Directories that an earlier process left are
   * deleted: something may have changed them since.
   * @param run A text that no earlier process has used, for names.
   */
  static open(options: ReadyDirectoriesOptions, run: string): ReadyDirectories {
    makeDirectoriesNow(options.path);
    const stock = new ReadyDirectories(options, run);
    stock.#fillAfter(stock.#clear());
    return stock;
  }

  /**
   * Takes a directory out of the stock. When it is empty, waits for the next batch: a few threads that make directories
   * are faster than one for each caller, since they block each other in the parent directory.
   * @returns its name in `path`, or undefined when none can be made.
   */
  async take(): Promise<string | undefined> {
    const name = this.#names.pop();
    if (this.#names.length < this.#options.target / 2) this.#fillAfter(Promise.resolve());
    if (name !== undefined || this.#starting || this.#abort.signal.aborted) return name;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when no directories are being made. */
  async settled(): Promise<void> {
    await this.#filling;
  }

  /** Stops making directories; the next process deletes those that are there. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#filling;
  }

  async #clear(): Promise<void> {
    const { path } = this.#options;
    try {
      await removeTrees(path, await readdir(path), { signal: this.#abort.signal });
    } finally {
      this.#starting = false;
    }
  }

  #add(names: readonly string[]): void {
    for (const name of names) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#names.push(name);
      else waiting(name);
    }
  }

  #fillAfter(before: Promise<void>): void {
    this.#filling ??= this.#fill(before).finally(() => {
      this.#filling = undefined;
      for (const waiting of this.#waiting.splice(0)) waiting(undefined);
    });
  }

  async #fill(before: Promise<void>): Promise<void> {
    try {
      await before;
    } catch (error) {
      this.#report(error);
    }
    await this.#makeMissing();
  }

  /** Makes what is missing in one thread, and in more while somebody waits and it is slow. Never rejects. */
  async #makeMissing(): Promise<void> {
    this.#makers += 1;
    const others: Promise<void>[] = [];
    try {
      while (!this.#abort.signal.aborted && this.#missing > 0) {
        const isSlow = !(await this.#makeBatch(Math.min(this.#missing, batch)));
        if (isSlow && this.#waiting.length > 0 && this.#makers < mostMakers) others.push(this.#makeMissing());
      }
    } catch (error) {
      this.#report(error);
    } finally {
      this.#makers -= 1;
    }
    await Promise.all(others);
  }

  #report(error: unknown): void {
    if (!this.#abort.signal.aborted) this.#options.onError(error);
  }

  get #missing(): number {
    return this.#options.target + this.#waiting.length - this.#names.length - this.#inTheMaking;
  }

  /** Makes some. @returns whether there was time for so many. */
  async #makeBatch(count: number): Promise<boolean> {
    const names = Array.from({ length: count }, () => `${this.#run}-${++this.#made}`);
    const { path: root, template } = this.#options;
    this.#inTheMaking += count;
    try {
      const request = { root, names, template, milliseconds: batchTime };
      const made = await runInTreePool('make', request, { signal: this.#abort.signal });
      this.#add(names.slice(0, made));
      return made === count;
    } finally {
      this.#inTheMaking -= count;
    }
  }
}
