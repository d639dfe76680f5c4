/** The code of a worker thread for trees: answers each request with one message. */
import { parentPort } from 'node:worker_threads';
import { toPlainError } from './plain-error.js';
import { runTreeTask, type TreeRequest } from './tree-tasks.js';

parentPort?.on('message', (request: TreeRequest) => {
  try {
    parentPort?.postMessage({ ok: true, output: runTreeTask(request) });
  } catch (error) {
    parentPort?.postMessage({ ok: false, error: toPlainError(error) });
  }
});
