import { fromPlainError } from '../base/index.js';
import { fromSystemError, InvalidArgumentError, throwIfAborted } from '../errors/index.js';
import { removalThreads, runInTreePool } from './tree-pool.js';
import { isEntryName, type RemovalReport, type RemovalRequest } from './tree-remove.js';

/** How many entries one thread deletes before others help it. Most snapshots have fewer. */
const aloneEntries = 256;

/**
 * Deletes trees by their names in a directory, in worker threads that come last where cores are scarce: up to four of
 * them for what is large, since deleting waits for the disk. What is gone already counts as deleted. No step follows a
 * symbolic link or enters a mount, even when processes change the trees meanwhile. One tree that cannot be deleted does
 * not keep the others; the first failure is thrown at the end.
 * @param root The directory that holds them.
 * @param names Names of entries in it, and no paths.
 * @throws InvalidArgumentError for a name that would lead out of the directory; nothing is deleted then.
 * @throws PermissionDeniedError, or Unknown with the system's text (`EBUSY` when something is mounted inside).
 * @throws CanceledError or DeadlineExceededError when the signal is aborted: the threads have stopped by then, and what
 * was deleted stays deleted.
 */
export async function removeTrees(
  root: string,
  names: readonly string[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  throwIfAborted(options.signal);
  const bad = names.find((name) => !isEntryName(name));
  if (bad !== undefined) throw new InvalidArgumentError(`${JSON.stringify(bad)} is no name of a directory entry`);
  if (names.length === 0) return;
  const [failure] = await remove({ root, names }, options);
  if (failure !== undefined) throw fromSystemError(fromPlainError(failure.error), `failed to remove ${failure.name}`);
}

type Failures = RemovalReport['failures'];

async function remove(
  request: RemovalRequest,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<Failures> {
  const first = await runInTreePool('remove', { ...request, maxEntries: aloneEntries }, options);
  if (first.finished) return first.failures;
  const lanes = Array.from({ length: removalThreads }, (_, index) =>
    runInTreePool('remove', { ...request, lane: { index, count: removalThreads } }, options),
  );
  // No thread works on the trees any more when this ends, however it ends.
  const ended = await Promise.allSettled(lanes);
  return ended.flatMap((lane) => {
    if (lane.status === 'rejected') throw lane.reason;
    return lane.value.failures;
  });
}
