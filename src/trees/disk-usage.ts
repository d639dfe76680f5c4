import { fromSystemError, NotFoundError, systemErrorCode, throwIfAborted } from '../errors/index.js';
import { type DiskUsage, type MeasureBounds, measureTree } from './tree-measure.js';
import { runInTreePool } from './tree-pool.js';

/** What is measured at once on the event loop: under a millisecond, less than a thread's answer can take. */
const inlineBounds: MeasureBounds = {
  stop: () => false,
  maxEntries: 300,
  // A directory has no count of its entries; its size tells that there are at most some hundreds.
  maxDirectorySize: 8192,
};

/** How to measure. */
export interface DiskUsageOptions {
  /** Leaves out blocks that a file shares with another one, in the tree or elsewhere. Default false. */
  readonly withoutShared?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a tree takes on disk, by containerd's rule: every inode once, in allocated blocks, with the top directory. Files
 * that vanish meanwhile do not count. Small trees are measured at once, larger ones in a worker thread at about 2
 * microseconds per entry.
 * @throws NotFoundError when there is no such directory.
 * @throws PermissionDeniedError when something in it cannot be read.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the thread has stopped by then.
 */
export async function diskUsage(path: string, options: DiskUsageOptions = {}): Promise<DiskUsage> {
  const { signal, withoutShared = false } = options;
  throwIfAborted(signal);
  try {
    // Looking at the blocks of a file takes several times as long as looking at the file.
    const small = withoutShared ? undefined : measureTree(path, inlineBounds);
    const usage = small ?? (await runInTreePool('measure', { path, withoutShared }, signal));
    if (usage === undefined) throw new Error(`measuring ${path} ended early`);
    return usage;
  } catch (error) {
    throw fromTreeError(error, path);
  }
}

/**
 * What a subvolume of btrfs holds that the snapshot it was made of does not; see `measureSubvolume`. Measured in a
 * worker thread. Throws as `diskUsage`.
 * @param options `since`: the subvolume that it is a copy of, to count what that one holds itself.
 */
export async function subvolumeUsage(
  path: string,
  options: { readonly signal?: AbortSignal | undefined; readonly since?: string } = {},
): Promise<DiskUsage> {
  throwIfAborted(options.signal);
  try {
    const usage = await runInTreePool('measure-subvolume', { path, since: options.since }, options.signal);
    if (usage === undefined) throw new Error(`measuring ${path} ended early`);
    return usage;
  } catch (error) {
    throw fromTreeError(error, path);
  }
}

function fromTreeError(error: unknown, path: string): unknown {
  if (systemErrorCode(error) === 'ENOENT') return new NotFoundError(`directory ${path}`, { cause: error });
  return fromSystemError(error);
}
