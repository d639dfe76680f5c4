import { InternalError, throwIfAborted } from '../../errors/index.js';
import { runInTreePool } from '../tree-pool.js';
import type { Comparison } from './compare-list.js';
import type { FileListRequest } from './list-file.js';

/**
 * Writes down what is in a tree, in a worker thread: path, type, owner, mode, time, content and attributes of every entry
 * (see list-file.ts). When this resolves the file is on disk. Takes the time to read every file once.
 * @throws the error of the system when something cannot be read; CanceledError or DeadlineExceededError when the signal is
 * aborted. No file is left then.
 */
export async function writeFileList(request: FileListRequest, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await runInTreePool('write-file-list', request, { signal });
}

/**
 * Reads all of a tree in a worker thread, with lower priority than other work, and compares it with its file list if there is
 * one.
 * @throws the error of the system when the top cannot be read; CanceledError or DeadlineExceededError when the signal is
 * aborted.
 */
export async function compareFileList(request: FileListRequest, signal?: AbortSignal): Promise<Comparison> {
  throwIfAborted(signal);
  const comparison = await runInTreePool('compare-file-list', request, { signal, background: true });
  if (comparison === undefined) throw new InternalError(`comparing ${request.tree} ended early`);
  return comparison;
}
