import { Worker } from 'node:worker_threads';
import { type JobOptions, WorkerPool } from '../base/index.js';
import { abortError, throwIfAborted } from '../errors/index.js';
import { explainAny } from './sqlite-error.js';
import type { Problems, Task } from './tasks.js';

/** One thread for checkpoints and one for longer tasks, shared by all stores of the process. */
const threads = new WorkerPool<Task, Problems>({
  start: (options) => new Worker(new URL('./worker-thread.js', import.meta.url), options),
  name: 'strata-store',
  threads: 2,
});

/**
 * Runs a task in another thread that takes long or waits for the disk.
 * @throws SQLite's error, in a class of ours; CanceledError or DeadlineExceededError when the signal is aborted, after the
 * thread has ended its task.
 */
export async function inWorker(task: Task, options: JobOptions = {}): Promise<Problems> {
  const { signal } = options;
  throwIfAborted(signal);
  try {
    return await threads.run(task, options);
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : explainAny(error, { file: task.file });
  }
}
