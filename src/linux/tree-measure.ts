import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { hasErrno } from './system-error.js';
import { PendingDirectories, type PendingDirectory, toBinary, toBytes } from './tree-paths.js';

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

/** What a tree loses while it is being walked: a file that is gone, a directory that became something else. */
const VANISHED = ['ENOENT', 'ENOTDIR', 'ESTALE'] as const;

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (hasErrno(error, ...VANISHED)) return undefined;
    throw error;
  }
}

class Measurement {
  readonly #bounds: MeasureBounds;
  /** The inodes that have several names, as `device:inode`; the others cannot be met twice. */
  readonly #seen = new Set<string>();
  #blocks = 0n;
  #inodes = 0;
  #uncounted = 0;
  #entries = 0;
  #stopped = false;

  constructor(bounds: MeasureBounds) {
    this.#bounds = bounds;
  }

  run(top: string): DiskUsage | undefined {
    using pending = new PendingDirectories(top);
    // Only the top itself must be there.
    this.#count(lstatSync(toBytes(top), { bigint: true }), toBytes(top));
    while (!this.#stopped && this.#visitNext(pending));
    if (this.#stopped) return undefined;
    // Never less than nothing: what shares blocks may change between the two looks at it.
    const size = Math.max(0, Number(this.#blocks) * STAT_BLOCK - this.#uncounted);
    return { size, inodes: this.#inodes };
  }

  /** False when nothing is left. A directory that vanished is passed over. */
  #visitNext(pending: PendingDirectories): boolean {
    return ifThere(() => pending.visit((directory) => this.#list(directory, pending))) ?? true;
  }

  #list(directory: PendingDirectory, pending: PendingDirectories): void {
    const names = ifThere(() => readdirSync(toBytes(directory.path), 'latin1')) ?? [];
    for (const name of names) {
      const path = toBytes(`${directory.path}/${name}`);
      const stats = ifThere(() => lstatSync(path, { bigint: true }));
      if (stats === undefined) continue;
      this.#count(stats, path);
      if (this.#stopped) return;
      if (stats.isDirectory()) pending.add(directory, name);
    }
  }

  #count(stats: BigIntStats, path: Buffer): void {
    this.#entries += 1;
    this.#stopped = this.#isOver(stats);
    if (!stats.isDirectory() && stats.nlink > 1n) {
      const key = `${stats.dev}:${stats.ino}`;
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    this.#blocks += stats.blocks;
    this.#inodes += 1;
    if (stats.isFile() && stats.blocks > 0n) this.#uncounted += this.#uncountedOf(path);
  }

  #uncountedOf(path: Buffer): number {
    const { uncounted } = this.#bounds;
    return uncounted === undefined ? 0 : (ifThere(() => uncounted(path)) ?? 0);
  }

  #isOver(stats: BigIntStats): boolean {
    const { maxEntries, maxDirectorySize } = this.#bounds;
    if (this.#entries > maxEntries || (stats.isDirectory() && stats.size > maxDirectorySize)) return true;
    return this.#bounds.stop();
  }
}

/**
 * Measures a tree by containerd's rule (github.com/containerd/continuity fs/du_unix.go): each inode once, its allocated
 * blocks, the top directory included, symbolic links not followed. Unlike there, a file that vanishes meanwhile is no
 * error. Blocks the calling thread, 2 to 4 microseconds per entry.
 * @returns undefined when a bound was met.
 * @throws a system error when the top is missing or something cannot be read.
 */
export function measureTree(path: string, bounds: MeasureBounds = unbounded): DiskUsage | undefined {
  return new Measurement(bounds).run(toBinary(path));
}
