import { fromSystemError, throwIfAborted } from '../../errors/index.js';
import { runInTreePool } from '../tree-pool.js';
import type { Comparison } from './compare-manifest.js';
import type { ManifestRequest } from './manifest-file.js';

/**
 * Writes down what is in a tree, in a worker thread: path, type, owner, mode, time, content and attributes of every entry
 * (see manifest-file.ts). When this resolves the file is on disk. Takes the time to read every file once.
 * @throws the error of the system when something cannot be read; CanceledError or DeadlineExceededError when the signal is
 * aborted. No file is left then.
 */
export async function writeManifest(request: ManifestRequest, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await runInTreePool('write-manifest', request, signal);
}

/**
 * Reads all of a tree in a worker thread, behind the backs of those who wait for others, and compares it with its manifest
 * if there is one.
 * @throws the error of the system when the top cannot be read; CanceledError or DeadlineExceededError when the signal is
 * aborted.
 */
export async function compareManifest(request: ManifestRequest, signal?: AbortSignal): Promise<Comparison> {
  throwIfAborted(signal);
  const comparison = await runInTreePool('compare-manifest', request, signal);
  if (comparison === undefined) throw fromSystemError(new Error(`comparing ${request.tree} ended early`));
  return comparison;
}
