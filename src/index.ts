/** Strata as a library: snapshotters in this process, or a client of a daemon, with one and the same interface. */
import './node-version.js';

export * from './client.js';
export { type EmbeddedOptions, type EmbeddedStrata, openStrata } from './daemon/index.js';
export type { AnyMessage, Envelope, Timestamp } from './events/index.js';
export { mountAll, temporaryMount, unmountAll } from './linux/index.js';
export type { Durability } from './snapshots/index.js';
