/** What has no subject of its own: moments at which a test can kill the process, identifiers, units, errors between threads. */
export { type FaultPoint, type FaultPoints, faultPoints, noFaults } from './faults.js';
export { fileKind, replaceProblem } from './file-kind.js';
export { identifierProblem } from './identifiers.js';
export { makeDirectories, makeDirectoriesNow } from './make-directories.js';
export { fromPlainError, type PlainError, toPlainError } from './plain-error.js';
export { SerialQueue } from './serial-queue.js';
export { maxSocketPathBytes, socketPath } from './socket-path.js';
export { type ColourSupport, isColoured } from './terminal.js';
export { parseCount, parseDuration, parseSize, renderDuration, renderSize } from './units.js';
export {
  type JobOptions,
  type PoolLoad,
  poolLoads,
  WorkerEndedError,
  WorkerPool,
  type WorkerPoolOptions,
} from './worker-pool.js';
export {
  answerRequests,
  isStopped,
  type StopFlag,
  takeRequests,
  type WorkerReply,
  type WorkerRequest,
} from './worker-requests.js';
