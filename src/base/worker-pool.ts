import type { Worker, WorkerOptions } from 'node:worker_threads';
import { fromPlainError } from './plain-error.js';
import type { StopFlag, WorkerReply, WorkerRequest, WorkerStart } from './worker-requests.js';

/** How the threads of a pool are made. */
export interface WorkerPoolOptions {
  /** Starts a thread whose module calls `answerRequests` or `takeRequests`, with these options. */
  start(options: WorkerOptions): Worker;
  /** Of the threads, for people who look at them. */
  readonly name: string;
  /** The most threads. */
  readonly threads: number;
  /** How many jobs a thread may have at the same time. Default 1; more where the module lets them take turns. */
  readonly jobsPerThread?: number;
  /** Added to the niceness of the process; see nice(7). Default 0. */
  readonly niceness?: number;
}

/** How a job is run. */
export interface JobOptions {
  readonly signal?: AbortSignal | undefined;
  /** Nobody waits for it: such jobs always leave one thread of the pool to others. Default false. */
  readonly background?: boolean;
}

/** A worker thread ended with a job of its own unanswered. */
export class WorkerEndedError extends Error {
  override readonly name = 'WorkerEndedError';
}

interface Job {
  readonly input: unknown;
  readonly stop: StopFlag;
  readonly background: boolean;
  /** Called once, when no thread works on it any more. */
  readonly settle: (reply: { readonly output: unknown } | { readonly error: Error }) => void;
}

/** How much a pool has to do. */
export interface PoolLoad {
  readonly name: string;
  /** Jobs that a thread works on. */
  readonly running: number;
  /** Jobs that no thread has begun. */
  readonly waiting: number;
}

/** Every pool of this process. Pools are made once, with their module, and live as long. */
const pools: { readonly load: PoolLoad }[] = [];

/** How much the pools of this process have to do, for people who look at it. */
export function poolLoads(): readonly PoolLoad[] {
  return pools.map(({ load }) => load);
}

/**
 * Worker threads for one kind of work, so that the event loop does not do it. They are started on first need (25 ms),
 * kept, and hold the process open only while they work. Jobs begin in their order of arrival.
 */
export class WorkerPool<Input, Output> {
  readonly #options: Required<WorkerPoolOptions>;
  readonly #threads = new Set<WorkerThread>();
  readonly #waiting: Job[] = [];

  constructor(options: WorkerPoolOptions) {
    this.#options = { jobsPerThread: 1, niceness: 0, ...options };
    pools.push(this);
  }

  /** How much it has to do. */
  get load(): PoolLoad {
    const running = [...this.#threads].reduce((sum, { load }) => sum + load, 0);
    return { name: this.#options.name, running, waiting: this.#waiting.length };
  }

  /**
   * Does a job in a thread.
   * @throws what the job threw, without its class; {@link WorkerEndedError}; the reason of the signal when that is
   * aborted, after the thread has stopped working on it.
   */
  run(input: Input, { signal, background = false }: JobOptions = {}): Promise<Output> {
    const stop: StopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const settle: Job['settle'] = (reply) => {
        signal?.removeEventListener('abort', onAbort);
        if (signal?.aborted === true) reject(signal.reason);
        else if ('error' in reply) reject(reply.error);
        // What the module of the thread returns is what this pool is declared to give.
        else resolve(reply.output as Output);
      };
      const job: Job = { input, stop, background, settle };
      const onAbort = () => {
        Atomics.store(stop, 0, 1);
        if (this.#takeBack(job)) settle({ output: undefined });
      };
      signal?.addEventListener('abort', onAbort);
      this.#waiting.push(job);
      this.#startNext();
    });
  }

  #takeBack(job: Job): boolean {
    const index = this.#waiting.indexOf(job);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  #startNext(): void {
    for (;;) {
      const leavesRoom = this.#backgroundJobs < Math.max(1, this.#options.threads - 1);
      const index = this.#waiting.findIndex(({ background }) => !background || leavesRoom);
      const thread = index < 0 ? undefined : this.#chooseThread();
      if (thread === undefined) return;
      for (const job of this.#waiting.splice(index, 1)) thread.take(job);
    }
  }

  get #backgroundJobs(): number {
    return [...this.#threads].reduce((sum, { backgroundJobs }) => sum + backgroundJobs, 0);
  }

  /** An idle thread, or a new one, or the least busy; undefined when all have as many jobs as they may. */
  #chooseThread(): WorkerThread | undefined {
    const { threads, jobsPerThread } = this.#options;
    const [least] = [...this.#threads].sort((a, b) => a.load - b.load);
    if (least?.load === 0) return least;
    if (this.#threads.size >= threads) return least !== undefined && least.load < jobsPerThread ? least : undefined;
    const started = new WorkerThread(this.#options, {
      freed: () => this.#startNext(),
      ended: () => {
        this.#threads.delete(started);
        this.#startNext();
      },
    });
    this.#threads.add(started);
    return started;
  }
}

interface ThreadEvents {
  /** It has answered a job. */
  freed(): void;
  ended(): void;
}

/** A thread and its jobs. */
class WorkerThread {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #events: ThreadEvents;
  readonly #jobs = new Map<number, Job>();
  #nextId = 0;

  constructor({ start, name, niceness }: Required<WorkerPoolOptions>, events: ThreadEvents) {
    this.#name = name;
    this.#events = events;
    const workerData: WorkerStart = { niceness };
    // Node would warn about closing what system calls of our own have opened. Options of the program that uses us, such as
    // --input-type, are not for these threads.
    this.#worker = start({ name, workerData, trackUnmanagedFds: false, execArgv: [] });
    this.#worker.on('message', (reply: WorkerReply<unknown>) => this.#answer(reply));
    this.#worker.on('error', (cause: unknown) => this.#end(`the worker thread ${this.#name} failed`, cause));
    this.#worker.on('exit', () => this.#end(`the worker thread ${this.#name} ended`));
    this.#worker.unref();
  }

  /** How many jobs it has. */
  get load(): number {
    return this.#jobs.size;
  }

  /** How many of them are in the background. */
  get backgroundJobs(): number {
    return [...this.#jobs.values()].filter(({ background }) => background).length;
  }

  take(job: Job): void {
    const id = this.#nextId++;
    this.#jobs.set(id, job);
    this.#worker.ref();
    this.#worker.postMessage({ id, input: job.input, stop: job.stop } satisfies WorkerRequest<unknown>);
  }

  #answer(reply: WorkerReply<unknown>): void {
    const job = this.#jobs.get(reply.id);
    this.#jobs.delete(reply.id);
    if (this.#jobs.size === 0) this.#worker.unref();
    job?.settle('error' in reply ? { error: fromPlainError(reply.error) } : reply);
    this.#events.freed();
  }

  #end(message: string, cause?: unknown): void {
    const jobs = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#events.ended();
    for (const { settle } of jobs) settle({ error: new WorkerEndedError(message, { cause }) });
  }
}
