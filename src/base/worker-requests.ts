/** The worker's end of a conversation with a {@link WorkerPool}; what both ends say. */
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type PlainError, toPlainError } from './plain-error.js';

/** What a caller and a worker share: one number, not zero when the caller wants no more. */
export type StopFlag = Int32Array<SharedArrayBuffer>;

/** A job for a worker. */
export interface WorkerRequest<Input> {
  readonly id: number;
  readonly input: Input;
  readonly stop: StopFlag;
}

/** A worker's answer, which ends its work on the job. */
export type WorkerReply<Output> =
  | { readonly id: number; readonly output: Output }
  | { readonly id: number; readonly error: PlainError };

/** What a worker is started with. */
export interface WorkerStart {
  /** Added to the niceness of the process; 0 or more. */
  readonly niceness: number;
}

/** Whether the caller wants no more. */
export function isStopped(stop: StopFlag): boolean {
  return Atomics.load(stop, 0) !== 0;
}

/**
 * Has a worker give each request to `take`, which answers it now or later, once.
 * To be called once, at the top of the worker's module.
 */
export function takeRequests<Input, Output>(
  take: (request: WorkerRequest<Input>, reply: (reply: WorkerReply<Output>) => void) => void,
): void {
  lowerPriority(workerData as WorkerStart);
  parentPort?.on('message', (request: WorkerRequest<Input>) =>
    take(request, (reply) => parentPort?.postMessage(reply)),
  );
}

/** The same for work that runs without pauses: what `work` returns or throws is the answer. */
export function answerRequests<Input, Output>(work: (input: Input, stopped: () => boolean) => Output): void {
  takeRequests<Input, Output>(({ id, input, stop }, reply) => {
    try {
      reply({ id, output: work(input, () => isStopped(stop)) });
    } catch (error) {
      reply({ id, error: toPlainError(error) });
    }
  });
}

/** Linux takes 0 for the calling thread, not for its process (setpriority(2), C library/kernel differences). */
function lowerPriority({ niceness }: WorkerStart): void {
  if (niceness > 0) os.setPriority(0, Math.min(os.getPriority(0) + niceness, os.constants.priority.PRIORITY_LOW));
}
