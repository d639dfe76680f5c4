/** For tests of snapshotters and back ends: the contract that every one of ours keeps, and what such tests need. */
import './node-version.js';

export * from './testing/index.js';
