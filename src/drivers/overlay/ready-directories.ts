import { mkdirSync } from 'node:fs';
import { fromPlainError } from '../../base/index.js';
import { fromSystemError, InvalidArgumentError } from '../../errors/index.js';
import type { DirectoryTemplate, ReclaimReport } from '../../trees/index.js';
import { isEntryName, runInTreePool } from '../../trees/index.js';

/** What a stock of directories is made of. */
export interface ReadyDirectoriesOptions {
  /** Where they are kept; made when it is missing, and nobody else's. On the file system where they will be used. */
  readonly path: string;
  readonly template: DirectoryTemplate;
  /** How many to have. A burst of so many finds its directories made. */
  readonly target: number;
  /** Told when the stock cannot be filled; it is tried again when the next one is taken. */
  readonly onError: (error: unknown) => void;
}

/** How many directories may be kept when many are given back at once, as a multiple of the target. */
const spare = 4;

/** How many are made before those who wait get them. */
const batch = 16;

/** Fewer when that takes longer, in milliseconds. It takes two, unless the file system has trouble finding room. */
const batchTime = 3;

/** How many threads make directories when one is too slow for those who wait. */
const mostMakers = 4;

/**
 * A stock of directories that were made ahead in a worker thread, so that making a snapshot costs the event loop one
 * rename. What is given back unused goes into the stock again.
 */
export class ReadyDirectories {
  readonly #options: ReadyDirectoriesOptions;
  readonly #names: string[] = [];
  /** Those who found none, and get the next. */
  readonly #waiting: ((name: string | undefined) => void)[] = [];
  readonly #abort = new AbortController();
  readonly #run: string;
  #made = 0;
  #adopting = true;
  #makers = 0;
  #inTheMaking = 0;
  #filling: Promise<void> | undefined;

  private constructor(options: ReadyDirectoriesOptions, run: string) {
    this.#options = options;
    this.#run = run;
  }

  /**
   * Opens a stock; what an earlier process made is taken over, and the rest is made, in the background.
   * @param run A text that no earlier process has used, for names.
   */
  static open(options: ReadyDirectoriesOptions, run: string): ReadyDirectories {
    mkdirSync(options.path, { recursive: true, mode: 0o700 });
    const stock = new ReadyDirectories(options, run);
    stock.#fillAfter(stock.#adopt());
    return stock;
  }

  /**
   * Takes a directory out of the stock. When it is empty, waits for the next batch: few threads that make directories are
   * quicker than one for each caller, since all of them wait for each other where the directories are made.
   * @returns its name in `path`, or undefined when none can be had.
   */
  async take(): Promise<string | undefined> {
    const name = this.#names.pop();
    if (this.#names.length < this.#options.target / 2) this.#fillAfter(Promise.resolve());
    if (name !== undefined || this.#adopting || this.#abort.signal.aborted) return name;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Takes directories back by their names in `root`: into the stock if nothing was ever put into them and there is
   * room, else they are deleted, as `removeTrees` does.
   * @throws what `removeTrees` throws.
   */
  async reclaim(root: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
    const { path: ready, template, target } = this.#options;
    const bad = names.find((name) => !isEntryName(name));
    if (bad !== undefined) throw new InvalidArgumentError(`${JSON.stringify(bad)} is no name of a directory entry`);
    if (names.length === 0) return;
    const room = Math.max(0, target * spare - this.#names.length);
    const report = await runInTreePool('reclaim', { root, names, ready, room, template }, signal);
    this.#add(report.reclaimed);
    throwFailure(report);
  }

  /** Resolves when no directories are being made. */
  async settled(): Promise<void> {
    await this.#filling;
  }

  /** Stops making directories; those that are there wait for the next process. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#filling;
  }

  async #adopt(): Promise<void> {
    const { path: root, template, target } = this.#options;
    try {
      const report = await runInTreePool('adopt', { root, template, room: target * spare }, this.#abort.signal);
      this.#add(report.reclaimed);
      throwFailure(report);
    } finally {
      this.#adopting = false;
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
      const made = await runInTreePool('make', request, this.#abort.signal);
      this.#add(names.slice(0, made));
      return made === count;
    } finally {
      this.#inTheMaking -= count;
    }
  }
}

function throwFailure({ failures: [failure] }: ReclaimReport): void {
  if (failure !== undefined) throw fromSystemError(fromPlainError(failure.error), `failed to remove ${failure.name}`);
}
