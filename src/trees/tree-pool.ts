/** The worker threads that walk trees, so that the event loop does not. */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { type JobOptions, WorkerEndedError, WorkerPool } from '../base/index.js';
import { fromSystemError, InternalError, throwIfAborted } from '../errors/index.js';
import type { TreeRequest, TreeTaskName, TreeTasks } from './tree-tasks.js';

const start = (options: WorkerOptions) => new Worker(new URL('./tree-worker.js', import.meta.url), options);

/** What a pool of these threads gives: the output of the task that it was asked for. */
type TreeOutput = TreeTasks[TreeTaskName]['output'];

/** For the Commit of a small layer, which waits neither behind a large one nor for its turn on a core. */
const glances = new WorkerPool<TreeRequest, TreeOutput>({ start, name: 'strata-glance', threads: 4 });

/**
 * Two, since walking is bound by the kernel's directory cache and by the disk. The event loop comes first where there are
 * not enough cores: a walk may take seconds, and others would wait for it.
 */
const walks = new WorkerPool<TreeRequest, TreeOutput>({ start, name: 'strata-walk', threads: 2, niceness: 5 });

/** What reads whole layers: two, since it is bound by the disk. */
const reads = new WorkerPool<TreeRequest, TreeOutput>({ start, name: 'strata-read', threads: 2, niceness: 5 });

/** For the preallocation that every Prepare needs: it waits neither behind a walk nor for its turn on a core. Usually one is used. */
const makes = new WorkerPool<TreeRequest, TreeOutput>({ start, name: 'strata-make', threads: 4 });

/**
 * How many threads delete at the same time. Deleting waits for the disk rather than for a core: 18,000 files that were
 * synchronised took one thread 6.7 to 9 s, four 2.6 and eight 1.7 where each freed extent is discarded.
 */
export const removalThreads = 4;

/** With the lowest priority: nobody waits for it. */
const removals = new WorkerPool<TreeRequest, TreeOutput>({
  start,
  name: 'strata-remove',
  threads: removalThreads,
  niceness: 10,
});

const pools: Readonly<Record<TreeTaskName, WorkerPool<TreeRequest, TreeOutput>>> = {
  'measure-small': glances,
  measure: walks,
  'measure-subvolume': walks,
  sync: glances,
  'write-file-list': reads,
  'compare-file-list': reads,
  compare: reads,
  make: makes,
  remove: removals,
};

/**
 * Does a task in a worker thread.
 * @throws what the task threw, as a Strata error; InternalError when the thread died; CanceledError or
 * DeadlineExceededError when the signal is aborted, after the thread has stopped working on it.
 */
export async function runInTreePool<K extends TreeTaskName>(
  name: K,
  input: TreeTasks[K]['input'],
  options: JobOptions = {},
): Promise<TreeTasks[K]['output']> {
  try {
    // The name is that of the input's own task, which the compiler cannot follow through the table.
    const output = await pools[name].run({ name, input } as TreeRequest, options);
    return output as TreeTasks[K]['output'];
  } catch (error) {
    throw fromPoolError(error, options.signal);
  }
}

/** The error of a job in a pool, as callers get it. */
export function fromPoolError(error: unknown, signal: AbortSignal | undefined): unknown {
  throwIfAborted(signal);
  if (error instanceof WorkerEndedError) return new InternalError(error.message, { cause: error.cause });
  return fromSystemError(error);
}
