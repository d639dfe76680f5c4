/** What people do with snapshots: see what changed. */
export type { EntryType, TreeChange } from '../trees/index.js';
export { type ChangesParts, type ChangesRequest, snapshotChanges } from './snapshot-changes.js';
