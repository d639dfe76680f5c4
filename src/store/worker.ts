import { Worker } from 'node:worker_threads';
import { type JobOptions, WorkerPool } from '../base/index.js';
import { abortError, InternalError, throwIfAborted } from '../errors/index.js';
import { explainAny } from './sqlite-error.js';
import type { SqlValue, Statement } from './statement.js';
import type { MaintenanceTask, Problems, Task, TaskResult } from './tasks.js';

/** One thread for checkpoints and one for longer tasks, shared by all stores of the process. */
const threads = new WorkerPool<Task, TaskResult>({
  start: (options) => new Worker(new URL('./worker-thread.js', import.meta.url), options),
  name: 'strata-store',
  threads: 2,
});

/**
 * Runs a task in another thread that takes long or waits for the disk.
 * @throws SQLite's error, in a class of ours; CanceledError or DeadlineExceededError when the signal is aborted, after the
 * thread has ended its task.
 */
export async function inWorker(
  task: { readonly file: string; readonly what: MaintenanceTask },
  options: JobOptions = {},
): Promise<Problems> {
  const result = await run(task, options);
  if ('problems' in result) return result.problems;
  throw new InternalError('a task was answered with rows');
}

/** The rows of a statement that only reads, found in another thread. Throws as `inWorker`. */
export async function queryInWorker<Row>(
  file: string,
  { sql }: Statement<Row>,
  parameters: readonly SqlValue[],
  options: JobOptions = {},
): Promise<Row[]> {
  const result = await run({ file, what: { query: sql, parameters } }, options);
  // The type of a row is what the author of the statement says that it is.
  if ('rows' in result) return result.rows as Row[];
  throw new InternalError('a query was answered with problems');
}

async function run(task: Task, options: JobOptions): Promise<TaskResult> {
  const { signal } = options;
  throwIfAborted(signal);
  try {
    return await threads.run(task, options);
  } catch (error) {
    throw signal?.aborted === true ? abortError(signal) : explainAny(error, { file: task.file });
  }
}
