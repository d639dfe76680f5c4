/** The wire: the messages and services of containerd's API that Strata speaks, and their bytes. */
export { decodeMessage, encodeMessage, type MessageType } from './codec.js';
export { decodePayload } from './event-payloads.js';
export * as wireContainers from './generated/containers.js';
export * as wireContent from './generated/content.js';
export * as wireEvents from './generated/events.js';
export { Any } from './generated/google/protobuf/any.js';
export { Empty } from './generated/google/protobuf/empty.js';
export { Timestamp } from './generated/google/protobuf/timestamp.js';
export * as wireHealth from './generated/health.js';
export * as wireImagePayloads from './generated/image_payloads.js';
export * as wireImages from './generated/images.js';
export * as wireIntrospection from './generated/introspection.js';
export * as wireLeases from './generated/leases.js';
export * as wireMaintenance from './generated/maintenance.js';
export * as wireNamespaces from './generated/namespaces.js';
export * as wirePayloads from './generated/payloads.js';
export * as wireSnapshots from './generated/snapshots.js';
export { Status } from './generated/status.js';
export { Envelope, Mount, Platform } from './generated/types.js';
export * as wireVersion from './generated/version.js';
export * as wireWorkspaces from './generated/workspaces.js';
export {
  type MethodDefinition,
  type RequestOf,
  type ResponseOf,
  type ServiceDefinition,
  type WireMethod,
  wireMethod,
} from './service.js';
