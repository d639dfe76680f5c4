export { readPayload } from './event-payloads.js';
export {
  createGrpcServer,
  eventsService,
  type GrpcServer,
  type GrpcService,
  introspectionService,
  maintenanceService,
  namespacesService,
  snapshotsService,
  versionService,
} from './grpc/index.js';
export { PublishingSnapshotter, type PublishingSnapshotterOptions } from './publishing-snapshotter.js';
