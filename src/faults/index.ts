/** Moments at which a test can kill the process; nothing in production. */
export { type FaultPoint, type FaultPoints, faultPoints, noFaults } from './faults.js';
