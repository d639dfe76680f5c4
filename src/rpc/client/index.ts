/** A client of the daemon: the same snapshotter as in the process, over gRPC. */

export type {
  CheckAction,
  CheckEvent,
  CheckFinding,
  CheckOptions,
  CheckSummary,
  ProxiedSnapshot,
} from '../../check/index.js';
export type { Image, ImageDetails, Images, ImportProgress, ImportRequest } from '../../images/api/index.js';
export type {
  CollectedSnapshot,
  Collection,
  Kept,
  KeptBy,
  Lease,
  LeaseResource,
  NewLease,
} from '../../snapshots/api/index.js';
export type {
  ChangesRequest,
  Checkpoint,
  CheckpointRequest,
  EntryType,
  ForkOutcome,
  ForkRequest,
  InSnapshotter,
  RollbackRequest,
  TreeChange,
  Workspaces,
} from '../../workspaces/api/index.js';
export { type ConnectOptions, connect, connectContainerd } from './connect.js';
export type { EncodedEvent, EventEnvelope } from './event-envelope.js';
export {
  type EventPayloads,
  type KnownTopic,
  type ReceivedEvent,
  receivedEvent,
} from './received-event.js';
export type {
  ClientContainer,
  ClientEvents,
  ClientLeases,
  ClientNamespace,
  ClientNamespaces,
  ContainerdClient,
  EventSubscription,
  GivenNamespace,
  HealthStatus,
  Maintenance,
  PlatformDescription,
  PluginDescription,
  ServerDescription,
  StrataClient,
} from './types.js';
