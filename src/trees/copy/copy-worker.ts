/** The code of a thread that copies. */
import { takeRequests } from '../../base/index.js';
import type { CopyRequest } from './copy-tasks.js';
import { CopyTurns } from './copy-turns.js';

let isWorking = false;

/** Looks for new requests, and for the end of the thread, after each round. */
function work(turns: CopyTurns): void {
  isWorking = turns.round();
  if (isWorking) setImmediate(work, turns);
}

const turns = new CopyTurns();
takeRequests<CopyRequest, undefined>((request, reply) => {
  turns.add(request, reply);
  if (!isWorking) work(turns);
});
