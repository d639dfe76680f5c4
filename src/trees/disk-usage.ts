import { InternalError, NotFoundError, systemErrorCode, throwIfAborted } from '../errors/index.js';
import type { DiskUsage } from './tree-measure.js';
import { runInTreePool } from './tree-pool.js';

/** How to measure. */
export interface DiskUsageOptions {
  /** Leaves out blocks that a file shares with another one, in the tree or elsewhere. Default false. */
  readonly withoutShared?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a tree takes on disk, by containerd's rule: every inode once, in allocated blocks, with the top directory. Files
 * that vanish meanwhile do not count. Measured in a worker thread, at about 2 microseconds per entry; a large tree
 * does not keep small ones waiting.
 * @throws NotFoundError when there is no such directory.
 * @throws PermissionDeniedError when something in it cannot be read.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the thread has stopped by then.
 */
export async function diskUsage(path: string, options: DiskUsageOptions = {}): Promise<DiskUsage> {
  const { signal, withoutShared = false } = options;
  throwIfAborted(signal);
  try {
    const request = { path, withoutShared };
    const small = await runInTreePool('measure-small', request, { signal });
    const usage = small ?? (await runInTreePool('measure', request, { signal }));
    if (usage === undefined) throw new InternalError(`measuring ${path} ended early`);
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
    const usage = await runInTreePool('measure-subvolume', { path, since: options.since }, { signal: options.signal });
    if (usage === undefined) throw new InternalError(`measuring ${path} ended early`);
    return usage;
  } catch (error) {
    throw fromTreeError(error, path);
  }
}

function fromTreeError(error: unknown, path: string): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (systemErrorCode(cause) === 'ENOENT') return new NotFoundError(`directory ${path}`, { cause });
  return error;
}
