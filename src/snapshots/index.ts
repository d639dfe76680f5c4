/** Snapshots: the interface, the records, the drivers, and the snapshotter made of both. */
export { infoFields } from './api/info-fields.js';
export { validateKey } from './api/keys.js';
export {
  inheritedLabelPrefix,
  inheritedLabels,
  labelsOf,
  snapshotRefLabel,
  updatedLabels,
  validateLabels,
  withoutEmpty,
} from './api/labels.js';
export { eachOf, type PagedSnapshotter, walkPages } from './api/paged-walk.js';
export type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from './api/snapshotter.js';
export { microsecondsOf, nowMicroseconds, PreciseDate } from './api/time.js';
export {
  type CallContext,
  type Info,
  type Kind,
  type Labels,
  type Mount,
  noContext,
  noLabels,
  noUsage,
  throwIfCallAborted,
  type Usage,
} from './api/types.js';
export type { BareLayer, BareLayers } from './driver/bare-layer.js';
export type {
  Driver,
  DriverCapabilities,
  DriverLimiter,
  DriverSnapshot,
  LimitSupport,
  SealedLayer,
} from './driver/driver.js';
export type {
  CheckedFiles,
  CheckLevel,
  DescribedFiles,
  DriverChecker,
  FileProblem,
  FileReport,
  FilesDescription,
  FilesFound,
} from './driver/driver-checker.js';
export type { Durability } from './driver/durability.js';
export type { BackgroundErrors } from './engine/discards.js';
export type { LayerObserver } from './engine/layer-observer.js';
export { LocalSnapshotter } from './engine/local-snapshotter.js';
export type { RecoveryReport } from './engine/recovery.js';
export { recordStaged, type StagedSnapshotter } from './engine/staging.js';
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
export {
  bareLayersTable,
  childrenTable,
  idsTable,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
  snapshotTables,
  snapshottersInUse,
} from './records/tables.js';
export { SnapshotTree } from './records/tree.js';
export { type FinishedCall, GuardedSnapshotter, type GuardOptions } from './service/guarded-snapshotter.js';
export { PublishingSnapshotter, type SnapshotEvent } from './service/publishing-snapshotter.js';
