/** Snapshots: the interface, the records, the drivers, and the snapshotter made of both. */

export type { CollectedSnapshot, Collection } from './api/collection.js';
export { infoFields } from './api/info-fields.js';
export type { Kept, KeptBy } from './api/kept.js';
export {
  inheritedLabelPrefix,
  inheritedLabels,
  labelsOf,
  parentChainLabel,
  snapshotRefLabel,
  updatedLabels,
  validateLabels,
  withoutEmpty,
} from './api/labels.js';
export type { Lease, LeaseResource, NewLease } from './api/leases.js';
export { eachOf, type PagedSnapshotter, walkPages } from './api/paged-walk.js';
export { type ProxiedKey, parseProxiedKey } from './api/proxied-key.js';
export { checkedLabels } from './api/requests.js';
export type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from './api/snapshotter.js';
export { microsecondsOf, nowMicroseconds, PreciseDate } from './api/time.js';
export {
  type CallContext,
  completedCall,
  type Info,
  type Kind,
  type Labels,
  type LabelValues,
  type Mount,
  noContext,
  noLabels,
  noUsage,
  throwIfCallAborted,
  type Usage,
  withNamespace,
} from './api/types.js';
export type {
  Driver,
  DriverCapabilities,
  DriverLimiter,
  DriverSnapshot,
  LimitSupport,
} from './driver/driver.js';
export type {
  CheckedFiles,
  CheckLevel,
  DriverChecker,
  FileProblem,
  FileReport,
} from './driver/driver-checker.js';
export type { Durability } from './driver/durability.js';
export type { BackgroundErrors } from './engine/background-errors.js';
export { LocalSnapshotter } from './engine/local-snapshotter.js';
export type { RecoveryReport } from './engine/recovery.js';
export { Collector } from './gc/collector.js';
export { type Keeper, keepersOf } from './gc/keepers.js';
export { CollectionScheduler, type RecordChange, type SchedulerSettings } from './gc/scheduler.js';
export { Leases } from './leases/leases.js';
export { leasesSchema } from './leases/schema.js';
export type { LimitSettings } from './limits/limiter.js';
export {
  type Limits,
  limitsFromLabels,
  maxInodesLabel,
  maxSizeLabel,
  noLimit,
  noLimits,
  parseByteLimit,
  parseInodeLimit,
} from './limits/limits.js';
export { NamespacedSnapshotter } from './namespaces/namespaced-snapshotter.js';
export { type Namespace, Namespaces, type NamespaceUpdate } from './namespaces/namespaces.js';
export { requireNamespace } from './namespaces/require-namespace.js';
export { type Holder, hold, release } from './records/holds.js';
export type { SnapshotRecord } from './records/record.js';
export { holdsSchema, snapshotsSchema } from './records/schema.js';
export { SnapshotRecords, snapshottersInUse } from './records/snapshot-records.js';
export { type SnapshotEvent, SnapshotService, type SnapshotServiceOptions } from './service/snapshot-service.js';
