/** The gRPC services of the daemon. */
export { readPayload, snapshotEventPayload } from './event-payloads.js';
export { eventsService } from './events-service.js';
export { imagesService } from './images-service.js';
export { introspectionService } from './introspection-service.js';
export { leasesService } from './leases-service.js';
export { maintenanceService } from './maintenance.js';
export { namespacesService } from './namespaces-service.js';
export { PublishedNamespaces } from './published-namespaces.js';
export { snapshotsService } from './snapshots-service.js';
export { versionService } from './version-service.js';
export { workspacesService } from './workspaces-service.js';
