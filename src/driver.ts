/** What a back end is made of: the interface `Driver`, and what its methods take, return and throw. */
import './node-version.js';

export type { DriverPlace, OpenDriver } from './daemon/index.js';
export { fromSystemError, systemErrorCode, throwIfAborted } from './errors/index.js';
export * from './public-errors.js';
export {
  type CallContext,
  type Kind,
  type Labels,
  type Limits,
  labelsOf,
  type Mount,
  noLimits,
  noUsage,
  type Usage,
} from './snapshots/api/index.js';
export type {
  CheckedFiles,
  CheckLevel,
  Driver,
  DriverCapabilities,
  DriverChecker,
  DriverLimiter,
  DriverSnapshot,
  FileProblem,
  FileReport,
  LimitSupport,
} from './snapshots/index.js';
