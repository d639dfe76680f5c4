/** The code of a worker thread for trees: answers each request with one message. */
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { toPlainError } from '../base/index.js';
import { runTreeTask, type TreeRequest } from './tree-tasks.js';

/** What a thread is started with. */
export interface TreeWorkerData {
  /** Added to the niceness of the process; 0 or more. */
  readonly niceness: number;
}

const { niceness } = workerData as TreeWorkerData;
// Linux takes 0 for the calling thread, not for its process (setpriority(2), C library/kernel differences).
if (niceness > 0) os.setPriority(0, Math.min(os.getPriority(0) + niceness, os.constants.priority.PRIORITY_LOW));

parentPort?.on('message', (request: TreeRequest) => {
  try {
    parentPort?.postMessage({ ok: true, output: runTreeTask(request) });
  } catch (error) {
    parentPort?.postMessage({ ok: false, error: toPlainError(error) });
  }
});
