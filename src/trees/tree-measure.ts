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

/** When to stop measuring. */
export interface MeasureBounds {
  /** Asked before each entry; true stops. */
  stop(): boolean;
  /** More entries than this stop it. */
  readonly maxEntries: number;
  /** A directory whose own size is larger than this stops it, since listing it could take long. */
  readonly maxDirectorySize: number;
  /** What not to count of a regular file, in bytes; 0 when absent. */
  readonly uncounted?: (path: Buffer) => number;
}

/** Bounds that never stop it. */
export const unbounded: MeasureBounds = {
  stop: () => false,
  maxEntries: Number.POSITIVE_INFINITY,
  maxDirectorySize: Number.POSITIVE_INFINITY,
};

/** The unit of `st_blocks`, whatever the block size of the file system. */
const STAT_BLOCK = 512;

class Measurement {
  readonly #top: string;
  readonly #bounds: MeasureBounds;
  readonly #calls: DirectoryCalls | undefined;
  /** The inodes that have several names, as `device:inode`; the others cannot be met twice. */
  readonly #seen = new Set<string>();
  #blocks = 0;
  #inodes = 0;
  #uncounted = 0;
  #entries = 0;
  #stopped = false;

  constructor(top: string, bounds: MeasureBounds, calls: DirectoryCalls | undefined) {
    this.#top = top;
    this.#bounds = bounds;
    this.#calls = calls;
  }

  run(): DiskUsage | undefined {
    using pending = new PendingDirectories(this.#top);
    // Only the top itself must be there.
    this.#count(entryAt(toBytes(this.#top)));
    while (!this.#stopped && this.#visitNext(pending));
    if (this.#stopped) return undefined;
    // Never less than nothing: what shares blocks may change between the two looks at it.
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
    this.#entries += 1;
    this.#stopped = this.#isOver(entry);
    const { blocks } = entry;
    if (!entry.isDirectory && entry.links > 1) {
      const { identity } = entry;
      if (this.#seen.has(identity)) return;
      this.#seen.add(identity);
    }
    this.#blocks += blocks;
    this.#inodes += 1;
    if (blocks > 0 && entry.isFile) this.#uncounted += this.#uncountedOf(entry, directory);
  }

  #uncountedOf({ name }: TreeEntry, directory: string | undefined): number {
    const { uncounted } = this.#bounds;
    if (uncounted === undefined) return 0;
    const path = directory === undefined ? this.#top : `${directory}/${name}`;
    return ifThere(() => uncounted(toBytes(path))) ?? 0;
  }

  #isOver(entry: TreeEntry): boolean {
    const { maxEntries, maxDirectorySize } = this.#bounds;
    if (this.#entries > maxEntries || (entry.isDirectory && entry.size > maxDirectorySize)) return true;
    return this.#bounds.stop();
  }
}

/**
 * Measures a tree by containerd's rule (github.com/containerd/continuity fs/du_unix.go): each inode once, its allocated
 * blocks, the top directory included, symbolic links not followed. Unlike there, a file that vanishes meanwhile is no
 * error. Blocks the calling thread, 2 microseconds per entry.
 * @param calls How to look: nothing for Node's own functions, which take twice as long.
 * @returns undefined when a bound was met.
 * @throws a system error when the top is missing or something cannot be read.
 */
export function measureTree(
  path: string,
  bounds: MeasureBounds = unbounded,
  calls: () => DirectoryCalls | undefined = directoryCalls,
): DiskUsage | undefined {
  return new Measurement(toBinary(path), bounds, calls()).run();
}
