export { readPayload, snapshotEventPayload } from './event-payloads.js';
export {
  createGrpcServer,
  eventsService,
  type GrpcEngineName,
  type GrpcServer,
  type GrpcService,
  grpcEngines,
  introspectionService,
  maintenanceService,
  namespacesService,
  snapshotsService,
  versionService,
} from './grpc/index.js';
export {
  PublishingSnapshotter,
  type PublishingSnapshotterOptions,
  type SnapshotEvent,
} from './publishing-snapshotter.js';
