export type { BareLayer, BareLayers } from './bare-layer.js';
export type { BackgroundErrors } from './discards.js';
export type {
  Driver,
  DriverCapabilities,
  DriverLimiter,
  DriverSnapshot,
  LimitSupport,
  SealedLayer,
} from './driver.js';
export type {
  CheckedFiles,
  CheckLevel,
  DescribedFiles,
  DriverChecker,
  FileProblem,
  FileProblemKind,
  FileReport,
  FilesDescription,
  FilesFound,
} from './driver-checker.js';
export type { Durability } from './durability.js';
export {
  type FinishedCall,
  GuardedSnapshotter,
  type GuardOptions,
  type SnapshotterMethod,
} from './guarded-snapshotter.js';
export { infoFields } from './info-fields.js';
export { maxKeyBytes, validateKey } from './keys.js';
export {
  inheritedLabelPrefix,
  inheritedLabels,
  labelsOf,
  maxLabelBytes,
  snapshotRefLabel,
  updatedLabels,
  validateLabels,
  withoutEmpty,
} from './labels.js';
export type { LayerObserver } from './layer-observer.js';
export type { LimitSettings } from './limiter.js';
export {
  type Limits,
  limitsFromLabels,
  maxInodesLabel,
  maxSizeLabel,
  noLimit,
  noLimits,
  parseByteLimit,
  parseInodeLimit,
} from './limits.js';
export type { LocalSnapshotterOptions } from './local-options.js';
export { LocalSnapshotter } from './local-snapshotter.js';
export { eachOf, type PagedSnapshotter, walkPages } from './paged-walk.js';
export type { RecoveryReport } from './recovery.js';
export type { CommitRequest, CreateRequest, Snapshotter, UpdateRequest, WalkRequest } from './snapshotter.js';
export {
  type LabelChange,
  type RecordCommitRequest,
  type RecordStagedOptions,
  type RemovedFiles,
  recordStaged,
  type StageCreateRequest,
  type Staged,
  type StagedCommit,
  type StagedCreate,
  type StagedSnapshotter,
  type StagedUpdate,
} from './staging.js';
export {
  bareLayersTable,
  childrenTable,
  idsTable,
  reservedIdsTable,
  type SnapshotRecord,
  snapshotsTable,
  snapshotTables,
  snapshottersInUse,
} from './tables.js';
export { microsecondsOf, nowMicroseconds, PreciseDate } from './time.js';
export { infoOf, SnapshotTree } from './tree.js';
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
} from './types.js';
