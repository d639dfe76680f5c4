export type { Backend } from './backend.js';
export { indexLabels } from './index-labels.js';
export { type LeasedSnapshot, type LeaseRecorder, noLeases } from './leases.js';
export { LocalBackend } from './local-backend.js';
export { NamespacedSnapshotter, type NamespacedSnapshotterOptions } from './namespaced-snapshotter.js';
export { type Namespace, Namespaces, type NamespaceUpdate } from './namespaces.js';
export { RemoteBackend, type RemoteBackendOptions } from './remote-backend.js';
export { requireNamespace } from './scope.js';
export {
  indexedTable,
  type MetadataRecord,
  metadataChildrenTable,
  metadataTable,
  metadataTables,
  namespacesTable,
  numbersTable,
} from './tables.js';
