import { mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fromSystemError, throwIfAborted } from '../../errors/index.js';
import { removeTrees } from '../remove-trees.js';
import { runCopy } from './copy-pool.js';
import type { FlattenRequest } from './tree-flatten.js';

/**
 * Merges the layers of an overlay into one tree that shows what they show together, without their whiteouts and opaque
 * marks. Files are copies, which have those names together that they have in a layer: on shared blocks where the file system
 * can (next to no space, 0.1 ms a file), else of the whole content. Works in a thread, taking turns with copies. Nothing
 * is synchronised. When it fails or is aborted, nothing of it is left.
 * @param options `to`: a path where nothing is, in a directory that is there.
 * @throws UnknownError for layers made with `redirect_dir` or `metacopy`; ResourceExhaustedError when the disk is full.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function flattenLayers(options: FlattenRequest & { readonly signal?: AbortSignal }): Promise<void> {
  const { layers, to, space, signal } = options;
  throwIfAborted(signal);
  try {
    await mkdir(to, { mode: 0o700 });
  } catch (error) {
    throw fromSystemError(error);
  }
  try {
    await runCopy({ what: 'flat', layers, to, space }, signal);
  } catch (error) {
    await removeTrees(dirname(to), [basename(to)]);
    throw error;
  }
}
