/**
 * The interface of a snapshotter and its types, for importers that must load neither the store nor native code: this file
 * imports nothing else of the room.
 */
export {
  type Limits,
  limitsFromLabels,
  maxInodesLabel,
  maxSizeLabel,
  noLimit,
  noLimits,
  parseByteLimit,
  parseInodeLimit,
} from '../limits/limits.js';
export type { CollectedSnapshot, Collection } from './collection.js';
export type { Kept, KeptBy } from './kept.js';
export { labelsOf } from './labels.js';
export type { Lease, LeaseResource, NewLease } from './leases.js';
export { type ProxiedKey, parseProxiedKey } from './proxied-key.js';
export { checkedCommit, checkedCreate, checkedFilters, checkedKey, checkedLabels, checkedUpdate } from './requests.js';
export type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from './snapshotter.js';
export { microsecondsOf, PreciseDate } from './time.js';
export {
  type CallContext,
  type Info,
  type Kind,
  type Labels,
  type LabelValues,
  type Mount,
  noContext,
  noLabels,
  noUsage,
  type Usage,
} from './types.js';
