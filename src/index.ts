/** Strata as a library: snapshotters in this process, or a client of a daemon, with one and the same interface. */
import './node-version.js';

export { type EmbeddedOptions, type EmbeddedStrata, openStrata } from './daemon/index.js';
export {
  AbortedError,
  AlreadyExistsError,
  CanceledError,
  ConflictError,
  DataLossError,
  DeadlineExceededError,
  type ErrorCode,
  FailedPreconditionError,
  InternalError,
  InvalidArgumentError,
  NotFoundError,
  NotImplementedError,
  NotModifiedError,
  OutOfRangeError,
  PermissionDeniedError,
  ResourceExhaustedError,
  StrataError,
  UnauthenticatedError,
  UnavailableError,
  UnknownError,
} from './errors/index.js';
export type { AnyMessage, Envelope, Timestamp } from './events/index.js';
export { mountAll, temporaryMount, unmountAll } from './linux/index.js';
export {
  type CheckAction,
  type CheckEvent,
  type CheckFinding,
  type CheckOptions,
  type CheckSummary,
  type ConnectOptions,
  connect,
  type Maintenance,
  type StrataClient,
} from './rpc/client/index.js';
export {
  type CallContext,
  type CommitRequest,
  type CreateRequest,
  type Durability,
  type Info,
  type Kind,
  type Labels,
  labelsOf,
  type Mount,
  type Snapshotter,
  type UpdateRequest,
  type Usage,
  type WalkRequest,
} from './snapshots/index.js';
