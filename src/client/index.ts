/** A client of the daemon: the same snapshotter as in the process, over gRPC. */
export { type ConnectOptions, connect } from './connect.js';
export type {
  CheckAction,
  CheckEvent,
  CheckFinding,
  CheckOptions,
  CheckSummary,
  ClientEvents,
  ClientMaintenance,
  ClientNamespace,
  ClientNamespaces,
  EncodedEvent,
  EventEnvelope,
  EventSubscription,
  HealthStatus,
  PlatformDescription,
  PluginDescription,
  ServerDescription,
  StrataClient,
} from './types.js';
