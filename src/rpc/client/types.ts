import type { CheckEvent, CheckOptions } from '../../check/index.js';
import type { StrataError } from '../../errors/index.js';
import type { Images } from '../../images/api/index.js';
import type {
  CallContext,
  Collection,
  Kept,
  Labels,
  LabelValues,
  Lease,
  LeaseResource,
  NewLease,
  Snapshotter,
} from '../../snapshots/index.js';
import type { Workspaces } from '../../workspaces/api/index.js';
import type { EncodedEvent, EventEnvelope } from './event-envelope.js';
import type { ReceivedEvent } from './received-event.js';

/** Events that arrive until it is left: by the end of a `for await`, its disposal, or its signal. */
export type EventSubscription = AsyncIterable<ReceivedEvent> & AsyncDisposable;

/** The events of a daemon, or of Strata in this process. */
export interface ClientEvents {
  /**
   * Sends an event in the namespace of the call.
   * @throws FailedPreconditionError without a namespace; InvalidArgumentError for a malformed namespace or topic.
   */
  publish(topic: string, event: EncodedEvent, call?: CallContext): Promise<void>;
  /** Sends an event of another publisher as it is. @throws InvalidArgumentError for a malformed namespace or topic. */
  forward(envelope: EventEnvelope, call?: CallContext): Promise<void>;
  /**
   * The events of all namespaces that one of the filters lets through. The subscription begins at once: the events of
   * calls that this client makes afterwards are among them. It can be iterated once. While iterating it throws
   * InvalidArgumentError for a bad filter, UnavailableError when the daemon stops, and ends without an error when its
   * signal is aborted.
   */
  subscribe(filters?: readonly string[], call?: CallContext): EventSubscription;
}

/** A namespace. */
export interface ClientNamespace {
  readonly name: string;
  readonly labels: Labels;
}

/** A namespace as callers may give it. */
export interface GivenNamespace {
  readonly name: string;
  readonly labels?: LabelValues;
}

/** The namespaces of a daemon. */
export interface ClientNamespaces {
  /** @throws NotFoundError when there is none of this name. */
  get(name: string, call?: CallContext): Promise<ClientNamespace>;
  /** In byte order. @param filter On `name` and `labels.<key>`. @throws InvalidArgumentError for a bad filter. */
  list(filter?: string, call?: CallContext): Promise<ClientNamespace[]>;
  /** @throws AlreadyExistsError when it is there; InvalidArgumentError for a bad name or label. */
  create(namespace: GivenNamespace, call?: CallContext): Promise<void>;
  /**
   * Replaces the labels or, with field paths `labels.<key>`, sets those (an empty value deletes), and returns the result.
   * @throws InvalidArgumentError for another path, a bad name or label.
   */
  update(
    update: GivenNamespace & { readonly fieldpaths?: readonly string[] },
    call?: CallContext,
  ): Promise<ClientNamespace>;
  /** @throws NotFoundError when there is none of this name; FailedPreconditionError when it is not empty. */
  delete(name: string, call?: CallContext): Promise<void>;
}

/**
 * Leases, in the namespace of the call: a call whose context names a lease puts what it makes under it, and what is under one is
 * not collected. What has resolved is on disk. Every method throws FailedPreconditionError without a namespace.
 */
export interface ClientLeases {
  /** @throws AlreadyExistsError when there is one of this id; InvalidArgumentError for a label that is too large. */
  create(lease?: NewLease, call?: CallContext): Promise<Lease>;
  /**
   * @param options `sync` waits until what nothing keeps any more is collected. @throws NotFoundError when there is no
   * such lease.
   */
  delete(id: string, options?: { readonly sync?: boolean }, call?: CallContext): Promise<void>;
  /** In byte order. @param filters On `id` and `labels.<key>`. @throws InvalidArgumentError for a bad filter. */
  list(filters?: readonly string[], call?: CallContext): Promise<Lease[]>;
  /**
   * Puts something under a lease; it need not exist.
   * @throws NotFoundError when there is no such lease; InvalidArgumentError for a malformed resource and NotImplementedError for
   * a type that is not known.
   */
  addResource(id: string, resource: LeaseResource, call?: CallContext): Promise<void>;
  /** Takes something off a lease; what is not under it is no error. Throws as `addResource`. */
  deleteResource(id: string, resource: LeaseResource, call?: CallContext): Promise<void>;
  /** What is under a lease. @throws NotFoundError when there is no such lease. */
  listResources(id: string, call?: CallContext): Promise<LeaseResource[]>;
}

/** A container of a containerd, as far as it concerns snapshots. */
export interface ClientContainer {
  readonly id: string;
  readonly snapshotter: string;
  /** The key of its root file system; empty for none. */
  readonly snapshotKey: string;
}

/** A plugin of a daemon. */
export interface PluginDescription {
  readonly type: string;
  readonly id: string;
  /** The types that start before it. */
  readonly requires: readonly string[];
  readonly platforms: readonly PlatformDescription[];
  /** Facts for clients, such as `root`. */
  readonly exports: ReadonlyMap<string, string>;
  readonly capabilities: readonly string[];
  /** Why it did not start; its text ends in `skip plugin` when it was left out on purpose. */
  readonly initError?: StrataError;
}

/** An OCI platform; what does not apply is empty. */
export interface PlatformDescription {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** The process of a daemon. */
export interface ServerDescription {
  /** What the daemon's root is called. */
  readonly uuid: string;
  readonly pid: number;
  /** The inode of its pid namespace. */
  readonly pidns: number;
}

/** Whether a service can be used; `unknown` when the server cannot tell. */
export type HealthStatus = 'unknown' | 'serving' | 'not-serving';

/** Looking after what is kept: in a daemon, or in this process. */
export interface Maintenance {
  /**
   * Compares records and files with each other, while they are in use. A check that ends without an
   * error has given its summary.
   * @throws NotImplementedError when the daemon is none of Strata's; for a containerd that is named, UnavailableError when it
   * cannot be reached, and FailedPreconditionError when it is not in front of the daemon.
   */
  check(options?: CheckOptions, call?: CallContext): AsyncIterable<CheckEvent>;
  /**
   * A copy of all records, as they are at one moment: the bytes of a file that `strata restore` takes. It is complete
   * only when the iteration ends without an error.
   * @throws ResourceExhaustedError when the disk is full; DataLossError when records cannot be read;
   * NotImplementedError when the daemon is none of Strata's.
   */
  backup(call?: CallContext): AsyncIterable<Uint8Array>;
  /**
   * Removes the snapshots of all namespaces that nothing keeps: those that were made under a lease and are under none any
   * more, and those that have expired. Their files follow in the background. A collection that is cut off has removed
   * some of them.
   * @param options `dryRun` only finds out what would go.
   * @throws FailedPreconditionError behind a containerd, which collects by itself; NotImplementedError when the daemon is
   * none of Strata's.
   */
  collect(options?: { readonly dryRun?: boolean }, call?: CallContext): Promise<Collection>;
  /**
   * What keeps a snapshot from being collected, directly or through others, and where it is mounted.
   * @throws NotFoundError when there is none; and as `collect`.
   */
  why(snapshot: { readonly key: string; readonly snapshotter?: string }, call?: CallContext): Promise<Kept>;
}

/**
 * A daemon behind a socket: Strata, or containerd.
 *
 * **Every method** throws UnavailableError, naming the address, when the daemon cannot be reached, and after `close`;
 * PermissionDeniedError when the socket lies where anybody can make files, such as /tmp, and was made by another user than this
 * one and root;
 * CanceledError or DeadlineExceededError when the call's signal is aborted; and otherwise the daemon's error, in its
 * class. The namespace of the call goes before that of the client.
 */
export interface StrataClient extends AsyncDisposable {
  /**
   * A snapshotter of the daemon; without a name, that of the setting `snapshotter` of a Strata daemon. A containerd has none such,
   * so name one there, such as `overlayfs`. Whether there is one shows with the first call.
   */
  snapshotter(name?: string): Snapshotter;
  readonly events: ClientEvents;
  readonly namespaces: ClientNamespaces;
  readonly leases: ClientLeases;
  readonly images: Images;
  readonly maintenance: Maintenance;
  readonly workspaces: Workspaces;
  /**
   * The plugins, in the order of their start, those that did not start too.
   * @param filters On `type` and `id`. @throws InvalidArgumentError for a bad filter.
   */
  plugins(filters?: readonly string[], call?: CallContext): Promise<PluginDescription[]>;
  /** One plugin. @throws NotFoundError when there is none. */
  pluginInfo(plugin: { readonly type: string; readonly id: string }, call?: CallContext): Promise<PluginDescription>;
  /** The process. */
  server(call?: CallContext): Promise<ServerDescription>;
  /** The version of the daemon, and the commit that it was built from. */
  version(call?: CallContext): Promise<{ readonly version: string; readonly revision: string }>;
  /**
   * Whether a service can be used.
   * @param service Its full name; without one, the daemon as a whole. @throws NotFoundError when there is none.
   */
  health(service?: string, call?: CallContext): Promise<HealthStatus>;
  /** Refuses further calls, ends subscriptions, lets other calls finish, and disconnects. */
  close(): Promise<void>;
}

/** A containerd behind a socket. */
export interface ContainerdClient extends StrataClient {
  /** The containers of the namespace of the call. Throws as every method does, while it is iterated. */
  containers(call?: CallContext): AsyncIterable<ClientContainer>;
  /** Takes a label off all content of the namespace of the call that has it with this value. */
  removeContentLabel(label: { readonly key: string; readonly value: string }, call?: CallContext): Promise<void>;
}
