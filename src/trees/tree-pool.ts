/**
 * The worker threads that walk trees, so that the event loop does not. They are started on first need (25 ms), kept,
 * and hold the process open only while they work.
 */
import { Worker } from 'node:worker_threads';
import { fromPlainError } from '../base/index.js';
import { abortError, fromSystemError, InternalError } from '../errors/index.js';
import type { StopFlag, TreeReply, TreeTaskName, TreeTasks } from './tree-tasks.js';
import type { TreeWorkerData } from './tree-worker.js';

/** Threads that share a kind of work. */
interface Lane {
  readonly threads: number;
  /** Added to the niceness of the process; see nice(7). */
  readonly niceness: number;
}

/**
 * Two, since walking is bound by the kernel's directory cache and by the disk, and the event loop needs a core itself. It
 * comes first where there are not enough: a walk may take seconds, and others would wait for it.
 */
const WALKS: Lane = { threads: 2, niceness: 5 };

/** What every Prepare lives on waits neither behind a walk nor for its turn on a core. One is used but in need. */
const MAKES: Lane = { threads: 4, niceness: 0 };

/**
 * Which walks a caller waits for, and which are done behind his back. Of the latter there is at most one at a time,
 * however much there is to do, so that measuring never waits behind deleting.
 */
const URGENT: Readonly<Record<TreeTaskName, boolean>> = {
  measure: true,
  sync: true,
  'measure-subvolume': true,
  'write-manifest': true,
  make: true,
  'compare-manifest': false,
  remove: false,
  reclaim: false,
  adopt: false,
};

const STOP = 1;

interface Job {
  readonly name: TreeTaskName;
  /** Hands the job to a thread; resolves when the thread is free again. Never rejects. */
  run(worker: Worker): Promise<void>;
}

/** A fixed number of threads and the jobs that wait for one. */
class TreePool {
  readonly #lane: Lane;
  readonly #idle: Worker[] = [];
  readonly #waiting: Job[] = [];
  #running = 0;
  #runningInBackground = 0;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** Adds a job. @returns a function that takes it back, which says false when it has started. */
  add(job: Job): () => boolean {
    this.#waiting.push(job);
    this.#startNext();
    return () => {
      const index = this.#waiting.indexOf(job);
      if (index >= 0) this.#waiting.splice(index, 1);
      return index >= 0;
    };
  }

  #startNext(): void {
    const { threads } = this.#lane;
    if (this.#running >= threads) return;
    const index = this.#waiting.findIndex(({ name }) => URGENT[name] || this.#runningInBackground < threads - 1);
    const [job] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (job !== undefined) void this.#run(job);
  }

  async #run(job: Job): Promise<void> {
    const worker = this.#idle.pop() ?? startWorker(this.#lane);
    this.#count(job, 1);
    worker.ref();
    await job.run(worker);
    worker.unref();
    this.#count(job, -1);
    // A thread that died has no id any more; the next job starts a new one.
    if (worker.threadId >= 0) this.#idle.push(worker);
    this.#startNext();
  }

  #count({ name }: Job, change: 1 | -1): void {
    this.#running += change;
    if (!URGENT[name]) this.#runningInBackground += change;
  }
}

function startWorker({ niceness }: Lane): Worker {
  const workerData: TreeWorkerData = { niceness };
  const worker = new Worker(new URL('./tree-worker.js', import.meta.url), { name: 'strata-tree', workerData });
  // An error of the thread itself is noticed by the job that it works on; without one there is nobody to tell.
  worker.on('error', () => undefined);
  return worker;
}

const walks = new TreePool(WALKS);
const makes = new TreePool(MAKES);

interface RequestFor<K extends TreeTaskName> {
  readonly name: K;
  readonly input: TreeTasks[K]['input'];
  readonly flag: StopFlag;
}

/** One exchange with a worker: the reply, or the end of the thread. */
function exchange<K extends TreeTaskName>(worker: Worker, request: RequestFor<K>): Promise<TreeReply<K>> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      finish();
    };
    const onMessage = (reply: TreeReply<K>) => settle(() => resolve(reply));
    const onError = (cause: unknown) =>
      settle(() => reject(new InternalError('the worker thread for trees failed', { cause })));
    const onExit = () => settle(() => reject(new InternalError('the worker thread for trees ended')));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(request);
  });
}

/**
 * Does a task in a worker thread.
 * @throws what the task threw, as a Strata error; InternalError when the thread died; CanceledError or
 * DeadlineExceededError when the signal is aborted, after the thread has stopped working on it.
 */
export function runInTreePool<K extends TreeTaskName>(
  name: K,
  input: TreeTasks[K]['input'],
  signal?: AbortSignal,
): Promise<TreeTasks[K]['output']> {
  const flag: StopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      Atomics.store(flag, 0, STOP);
      if (signal !== undefined && takeBack()) reject(abortError(signal));
    };
    const run = async (worker: Worker) => {
      try {
        const reply = await exchange(worker, { name, input, flag });
        if (signal?.aborted === true) reject(abortError(signal));
        else if (reply.ok) resolve(reply.output);
        else reject(fromSystemError(fromPlainError(reply.error)));
      } catch (error) {
        reject(error);
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    };
    const takeBack = (name === 'make' ? makes : walks).add({ name, run });
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}
