import type { EventExchange } from '../../events/index.js';
import type { LocalImages } from '../../images/index.js';
import { type AnyRegistration, pluginType } from '../../plugins/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import type { CollectionScheduler, Leases, LocalSnapshotter, Namespaces, Snapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { LocalWorkspaces } from '../../workspaces/index.js';
import type { BackupSchedule } from '../backup/schedule.js';
import type { DefaultChoice } from '../config/default-choice.js';

/** What the metadata plugin gives: every snapshotter, as clients of this daemon are to see it, by name. */
export interface Metadata {
  readonly snapshotters: ReadonlyMap<string, Snapshotter>;
  /** Absent when the snapshotters are bare: then a containerd in front has all of it. */
  readonly own: OwnMetadata | undefined;
}

/** What a daemon keeps that has no containerd in front. */
export interface OwnMetadata {
  readonly namespaces: Namespaces;
  readonly leases: Leases;
  readonly collections: CollectionScheduler;
}

/** The types of plugins, with what a plugin of each type gives. Those that start with `io.containerd` are containerd's. */
export const pluginTypes = {
  store: pluginType<Store>('io.strata.store.v1'),
  backup: pluginType<BackupSchedule>('io.strata.backup.v1'),
  event: pluginType<EventExchange>('io.containerd.event.v1'),
  snapshotter: pluginType<LocalSnapshotter>('io.containerd.snapshotter.v1'),
  metadata: pluginType<Metadata>('io.containerd.metadata.v1'),
  gc: pluginType<CollectionScheduler>('io.containerd.gc.v1'),
  workspaces: pluginType<LocalWorkspaces>('io.strata.workspaces.v1'),
  default: pluginType<DefaultChoice>('io.strata.default.v1'),
  service: pluginType<ReadonlyMap<string, Snapshotter>>('io.containerd.service.v1'),
  images: pluginType<LocalImages>('io.strata.images.v1'),
  grpc: pluginType<GrpcService>('io.containerd.grpc.v1'),
};

/** A plugin and the configuration that is meant for it. */
export interface ConfiguredPlugin {
  readonly plugin: AnyRegistration;
  readonly config: unknown;
}
