/** What has no subject of its own: moments at which a test can kill the process, identifiers, errors between threads. */
export { type FaultPoint, type FaultPoints, faultPoints, noFaults } from './faults.js';
export { identifierProblem } from './identifiers.js';
export { fromPlainError, type PlainError, toPlainError } from './plain-error.js';
export { maxSocketPathBytes, socketPath } from './socket-path.js';
