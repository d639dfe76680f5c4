import { fromPlainError } from '../base/index.js';
import { fromSystemError, InvalidArgumentError, throwIfAborted } from '../errors/index.js';
import { runInTreePool } from './tree-pool.js';
import { isEntryName } from './tree-remove.js';

/**
 * Deletes trees by their names in a directory, in a worker thread. What is gone already counts as deleted. No step
 * follows a symbolic link or enters a mount, even when processes change the trees meanwhile. One tree that cannot be
 * deleted does not keep the others; the first failure is thrown at the end. Only one call at a time works, the others
 * wait their turn.
 * @param root The directory that holds them.
 * @param names Names of entries in it, and no paths.
 * @throws InvalidArgumentError for a name that would lead out of the directory; nothing is deleted then.
 * @throws PermissionDeniedError, or Unknown with the system's text (`EBUSY` when something is mounted inside).
 * @throws CanceledError or DeadlineExceededError when the signal is aborted: the thread has stopped by then, and what
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
  const report = await runInTreePool('remove', { root, names }, options.signal);
  const [failure] = report.failures;
  if (failure !== undefined) throw fromSystemError(fromPlainError(failure.error), `failed to remove ${failure.name}`);
}
