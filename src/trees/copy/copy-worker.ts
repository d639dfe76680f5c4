/** The code of a thread that copies. */
import { parentPort } from 'node:worker_threads';
import type { CopyMessage } from './copy-tasks.js';
import { CopyTurns } from './copy-turns.js';

const turns = new CopyTurns((reply) => parentPort?.postMessage(reply));
let isWorking = false;

/** Looks for new requests, and for the end of the thread, after each round. */
function work(): void {
  isWorking = turns.round();
  if (isWorking) setImmediate(work);
}

parentPort?.on('message', (message: CopyMessage) => {
  turns.add(message);
  if (!isWorking) work();
});
