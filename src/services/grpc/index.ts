/** The gRPC services of the daemon, and the server that offers them. */
export { type EventsServiceOptions, eventsService } from './events-service.js';
export { type IntrospectionServiceOptions, introspectionService } from './introspection-service.js';
export type { ServiceLog } from './log.js';
export {
  type MaintenanceServiceOptions,
  maintenanceService,
} from './maintenance.js';
export {
  type NamespacesApi,
  type NamespacesServiceOptions,
  namespacesService,
  type ServedNamespace,
} from './namespaces-service.js';
export {
  type CloseOptions,
  createGrpcServer,
  type GrpcEngineName,
  type GrpcServer,
  type GrpcServerOptions,
  grpcEngines,
  maxMessageBytes,
} from './server.js';
export type { GrpcService } from './service.js';
export { type SnapshotsServiceOptions, snapshotsService } from './snapshots-service.js';
export { type VersionServiceOptions, versionService } from './version-service.js';
