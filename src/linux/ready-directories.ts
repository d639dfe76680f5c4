import { mkdirSync } from 'node:fs';
import { fromSystemError, InvalidArgumentError } from '../errors/index.js';
import { fromPlainError } from './plain-error.js';
import { runInTreePool } from './tree-pool.js';
import type { DirectoryTemplate, ReclaimReport } from './tree-reclaim.js';
import { isEntryName } from './tree-remove.js';

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

/**
 * A stock of directories that were made ahead in a worker thread, so that making a snapshot costs the event loop one
 * rename. What is given back unused goes into the stock again.
 */
export class ReadyDirectories {
  readonly #options: ReadyDirectoriesOptions;
  readonly #names: string[] = [];
  readonly #abort = new AbortController();
  readonly #run: string;
  #made = 0;
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

  /** Takes a directory out of the stock: its name in `path`, or undefined when there is none at the moment. */
  take(): string | undefined {
    const name = this.#names.pop();
    if (this.#names.length < this.#options.target / 2) this.#fillAfter(Promise.resolve());
    return name;
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
    this.#names.push(...report.reclaimed);
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
    const report = await runInTreePool('adopt', { root, template, room: target * spare }, this.#abort.signal);
    this.#names.push(...report.reclaimed);
    throwFailure(report);
  }

  #fillAfter(before: Promise<void>): void {
    this.#filling ??= this.#fill(before).finally(() => {
      this.#filling = undefined;
    });
  }

  async #fill(before: Promise<void>): Promise<void> {
    try {
      await before;
      const missing = this.#options.target - this.#names.length;
      if (missing <= 0 || this.#abort.signal.aborted) return;
      const names = Array.from({ length: missing }, () => `${this.#run}-${++this.#made}`);
      const { path: root, template } = this.#options;
      await runInTreePool('make', { root, names, template }, this.#abort.signal);
      this.#names.push(...names);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#options.onError(error);
    }
  }
}

function throwFailure({ failures: [failure] }: ReclaimReport): void {
  if (failure !== undefined) throw fromSystemError(fromPlainError(failure.error), `failed to remove ${failure.name}`);
}
