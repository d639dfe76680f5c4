export { readPayload } from './event-payloads.js';
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
export { PublishingSnapshotter, type PublishingSnapshotterOptions } from './publishing-snapshotter.js';
