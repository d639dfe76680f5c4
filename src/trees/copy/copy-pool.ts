/**
 * The threads that copy, so that the event loop does not and measuring and deleting trees do not wait for it. They are
 * started on first need (25 ms), kept, and hold the process open only while they work. The copies of one thread take
 * turns, so that their number does not limit how many go on at the same time.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { fromPlainError } from '../../base/index.js';
import { abortError, fromSystemError, InternalError } from '../../errors/index.js';
import type { CopyMessage, CopyReply, CopyRequest } from './copy-tasks.js';

/** More than these would fight for the disk, and for memory's bandwidth. */
const MAX_THREADS = 4;

const STOP = 1;

type Settle = (error: unknown) => void;

/** A thread and who waits for it. */
class CopyThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Settle>();
  #nextId = 0;

  constructor(ended: (thread: CopyThread) => void) {
    // Node would warn about closing what system calls of our own have opened.
    const options = { name: 'strata-copy', trackUnmanagedFds: false };
    this.#worker = new Worker(new URL('./copy-worker.js', import.meta.url), options);
    this.#worker.on('message', (reply: CopyReply) => this.#answer(reply));
    this.#worker.on('error', (cause: unknown) =>
      this.#fail(new InternalError('the worker thread for copies failed', { cause })),
    );
    this.#worker.on('exit', () => {
      ended(this);
      this.#fail(new InternalError('the worker thread for copies ended'));
    });
    this.#worker.unref();
  }

  /** How many copies it has. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Hands a copy over; `settle` is called once, when the thread works on it no more. */
  copy(message: Omit<CopyMessage, 'id'>, settle: Settle): void {
    const id = this.#nextId++;
    this.#waiting.set(id, settle);
    this.#worker.ref();
    this.#worker.postMessage({ ...message, id } satisfies CopyMessage);
  }

  #answer({ id, error }: CopyReply): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker.unref();
    settle?.(error === undefined ? undefined : fromPlainError(error));
  }

  #fail(error: InternalError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const settle of waiting) settle(error);
  }
}

const threads = new Set<CopyThread>();

/** A thread that has nothing to do, or a new one, or that with the least to do. */
function chooseThread(): CopyThread {
  const least = [...threads].reduce<CopyThread | undefined>(
    (best, each) => (best === undefined || each.load < best.load ? each : best),
    undefined,
  );
  const most = Math.min(MAX_THREADS, availableParallelism());
  if (least !== undefined && (least.load === 0 || threads.size >= most)) return least;
  const started = new CopyThread((ended) => threads.delete(ended));
  threads.add(started);
  return started;
}

/**
 * Copies in a thread.
 * @throws what the copy threw, as a Strata error; InternalError when the thread died; CanceledError or
 * DeadlineExceededError when the signal is aborted, after the thread has stopped working on it.
 */
export function runCopy(request: CopyRequest, signal?: AbortSignal): Promise<void> {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  return new Promise((resolve, reject) => {
    const onAbort = () => Atomics.store(stop, 0, STOP);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    chooseThread().copy({ request, stop }, (error) => {
      signal?.removeEventListener('abort', onAbort);
      if (signal?.aborted === true) reject(abortError(signal));
      else if (error === undefined) resolve();
      else reject(fromSystemError(error));
    });
  });
}
