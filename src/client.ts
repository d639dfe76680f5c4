/** A client of a running daemon. Loads no store and no native code. */
import './node-version.js';

export * from './public-errors.js';
export {
  type CheckAction,
  type CheckEvent,
  type CheckFinding,
  type CheckOptions,
  type CheckSummary,
  type ClientEvents,
  type ClientNamespace,
  type ClientNamespaces,
  type ConnectOptions,
  connect,
  type EncodedEvent,
  type EventEnvelope,
  type EventSubscription,
  type HealthStatus,
  type Image,
  type ImageDetails,
  type Images,
  type ImportProgress,
  type ImportRequest,
  type Maintenance,
  type PlatformDescription,
  type PluginDescription,
  type ServerDescription,
  type StrataClient,
} from './rpc/client/index.js';
export {
  type CallContext,
  type CommitRequest,
  type CreateRequest,
  type Info,
  type Kind,
  type Labels,
  labelsOf,
  type Mount,
  type Snapshotter,
  type UpdateRequest,
  type Usage,
  type WalkRequest,
} from './snapshots/api/index.js';
