import {
  type DirectoryCalls,
  directoryCalls,
  PendingDirectories,
  type PendingDirectory,
  toBinary,
  toBytes,
} from '../linux/index.js';
import { entryAt, forEachEntry, ifThere, type TreeEntry } from './tree-entries.js';

/** What a tree takes on disk. */
export interface DiskUsage {
  /** Bytes in allocated blocks. */
  readonly size: number;
  /** Distinct inodes, those of directories included. */
  readonly inodes: number;
}

/** What to measure. */
export interface MeasureRequest {
  readonly path: string;
  /** Whether to leave out blocks that a file shares with another one. */
  readonly withoutShared: boolean;
}

/** How to measure. */
export interface MeasureOptions {
  /** Asked before each entry; true stops it. Default: goes on to the end. */
  readonly stop?: () => boolean;
  /** What not to count of a regular file, in bytes; 0 when absent. */
  readonly uncounted?: (path: Buffer) => number;
  /** How to list: gives undefined for Node's own functions, which take twice as long. Default: the faster way. */
  readonly calls?: () => DirectoryCalls | undefined;
}

/** The unit of `st_blocks`, whatever the block size of the file system. */
const STAT_BLOCK = 512;

class Measurement {
  readonly #top: string;
  readonly #stop: () => boolean;
  readonly #uncountedOf: MeasureOptions['uncounted'];
  readonly #calls: DirectoryCalls | undefined;
  /** The inodes that have several names, as `device:inode`; the others cannot be met twice. */
  readonly #seen = new Set<string>();
  #blocks = 0;
  #inodes = 0;
  #uncounted = 0;
  #stopped = false;

  constructor(top: string, { stop = () => false, uncounted, calls = directoryCalls }: MeasureOptions) {
    this.#top = top;
    this.#stop = stop;
    this.#uncountedOf = uncounted;
    this.#calls = calls();
  }

  run(): DiskUsage | undefined {
    using pending = new PendingDirectories(this.#top);
    // Only the top itself must be there.
    this.#count(entryAt(toBytes(this.#top)));
    while (!this.#stopped && this.#visitNext(pending));
    if (this.#stopped) return undefined;
    // Never negative: the shared blocks may change between the two readings.
    const size = Math.max(0, this.#blocks * STAT_BLOCK - this.#uncounted);
    return { size, inodes: this.#inodes };
  }

  /** False when nothing is left. A directory that vanished is passed over. */
  #visitNext(pending: PendingDirectories): boolean {
    return ifThere(() => pending.visit((directory) => this.#list(directory, pending))) ?? true;
  }

  #list(directory: PendingDirectory, pending: PendingDirectories): void {
    const visit = (entry: TreeEntry): boolean => {
      this.#count(entry, directory.path);
      if (this.#stopped) return false;
      if (entry.isDirectory) pending.add(directory, entry.name);
      return true;
    };
    ifThere(() => forEachEntry(directory.path, visit, this.#calls));
  }

  /** @param directory The directory that it is in; undefined for the top. */
  #count(entry: TreeEntry, directory?: string): void {
    this.#stopped = this.#stop();
    const { blocks } = entry;
    if (!entry.isDirectory && entry.links > 1) {
      const { identity } = entry;
      if (this.#seen.has(identity)) return;
      this.#seen.add(identity);
    }
    this.#blocks += blocks;
    this.#inodes += 1;
    if (blocks > 0 && entry.isFile) this.#uncounted += this.#sharedOf(entry, directory);
  }

  #sharedOf({ name }: TreeEntry, directory: string | undefined): number {
    const uncounted = this.#uncountedOf;
    if (uncounted === undefined) return 0;
    const path = directory === undefined ? this.#top : `${directory}/${name}`;
    return ifThere(() => uncounted(toBytes(path))) ?? 0;
  }
}

/**
 * Measures a tree by containerd's rule (github.com/containerd/continuity fs/du_unix.go): each inode once, its allocated
 * blocks, the top directory included, symbolic links not followed. Unlike there, a file that vanishes meanwhile is no
 * error. Blocks the calling thread, 2 microseconds per entry.
 * @returns undefined when it was stopped.
 * @throws a system error when the top is missing or something cannot be read.
 */
export function measureTree(path: string, options: MeasureOptions = {}): DiskUsage | undefined {
  return new Measurement(toBinary(path), options).run();
}
