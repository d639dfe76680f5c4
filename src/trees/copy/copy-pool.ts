/**
 * The threads that copy, so that measuring and deleting trees do not wait for it. The copies of one thread take turns, so
 * that their number does not limit how many go on at the same time.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { WorkerPool } from '../../base/index.js';
import { fromPoolError } from '../tree-pool.js';
import type { CopyRequest } from './copy-tasks.js';

/** More threads would compete for the disk and for memory bandwidth. */
const maxThreads = 4;

const copies = new WorkerPool<CopyRequest, undefined>({
  start: (options) => new Worker(new URL('./copy-worker.js', import.meta.url), options),
  name: 'strata-copy',
  threads: Math.min(maxThreads, availableParallelism()),
  jobsPerThread: Number.POSITIVE_INFINITY,
});

/**
 * Copies in a thread.
 * @throws what the copy threw, as a Strata error; InternalError when the thread died; CanceledError or
 * DeadlineExceededError when the signal is aborted, after the thread has stopped working on it.
 */
export async function runCopy(request: CopyRequest, signal?: AbortSignal): Promise<void> {
  try {
    await copies.run(request, { signal });
  } catch (error) {
    throw fromPoolError(error, signal);
  }
}
