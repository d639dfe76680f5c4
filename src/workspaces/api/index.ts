/** What people do with snapshots: the interface, for importers that must load neither the store nor native code. */
import type { StrataError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/api/index.js';
import type { TreeChange } from '../../trees/index.js';

export type { EntryType, TreeChange } from '../../trees/index.js';

/** Which changes to find. */
export interface ChangesRequest {
  /** A snapshot of any kind. */
  readonly key: string;
  /** The snapshot to compare it with, of any kind; by default the parent. Empty compares with nothing. */
  readonly since?: string;
}

/** What to make a checkpoint of. */
export interface CheckpointRequest {
  /** An active snapshot. */
  readonly key: string;
  /** What to call the checkpoint; the key and the time by default. */
  readonly name?: string;
}

/** A committed snapshot of what an active one was at a moment. */
export interface Checkpoint {
  readonly name: string;
  /** What it is based on; empty for nothing. */
  readonly parent: string;
  readonly created: Date;
  /** Whether the call made it: false for one that was there, since nothing has changed since. */
  readonly isNew: boolean;
}

/** What to fork. */
export interface ForkRequest {
  /** An active snapshot, or a committed one. */
  readonly key: string;
  /** Of the new active snapshots. */
  readonly keys: readonly string[];
}

/** A fork, or why there is none. */
export interface ForkOutcome {
  readonly key: string;
  /** The checkpoint that all forks are based on. */
  readonly parent: string;
  /** Absent when the fork was made. */
  readonly error?: StrataError;
}

/** What to roll back. */
export interface RollbackRequest {
  /** An active snapshot. */
  readonly key: string;
  /** A committed snapshot: a checkpoint, or any other. */
  readonly to: string;
}

/** Names a back end; the default one when absent. */
export interface InSnapshotter {
  readonly snapshotter?: string;
}

/**
 * What people do with snapshots: in a daemon, or in this process. What has resolved is on disk by the durability setting.
 *
 * **Every method** throws NotFoundError when there is no such snapshot; NotImplementedError or FailedPreconditionError behind a
 * containerd, which has the snapshots; CanceledError or DeadlineExceededError when the call's signal is aborted, and then
 * nothing has changed.
 */
export interface Workspaces {
  /**
   * What is different in a snapshot since its parent, or since another one, in the byte order of paths. Both may be of any kind and
   * in use. The rule is containerd's for making layers. Where layers are directories it costs what the layers between the two
   * hold; else what both hold.
   * @throws PermissionDeniedError where mounting is not allowed.
   */
  changes(request: ChangesRequest & InSnapshotter, call?: CallContext): AsyncIterable<TreeChange>;
  /**
   * Makes a committed snapshot of what an active one is now; the active one goes on over it, under its key, with a new place for
   * what is written. No file is copied by back ends with layers; the time is that of measuring and synchronising what
   * was written. When nothing was written since the last checkpoint, and no name is given, that one is the answer.
   * @throws FailedPreconditionError when it is not active, or is mounted anywhere: the text says where.
   * @throws AlreadyExistsError when the name is taken.
   */
  checkpoint(request: CheckpointRequest & InSnapshotter, call?: CallContext): Promise<Checkpoint>;
  /** The checkpoints of an active snapshot, the oldest first; also of one that is gone. */
  checkpoints(request: { readonly key: string } & InSnapshotter, call?: CallContext): Promise<Checkpoint[]>;
  /**
   * Makes active snapshots that begin as another one is now: of an active one by a checkpoint. Each is made or not on its own.
   * They never see each other's writes.
   * @throws as `checkpoint`; InvalidArgumentError when a key is there twice.
   */
  fork(request: ForkRequest & InSnapshotter, call?: CallContext): Promise<ForkOutcome[]>;
  /**
   * Begins an active snapshot again as a committed one is; what was written to it since is deleted.
   * @throws FailedPreconditionError when it is not active, or is mounted anywhere, or the other is not committed.
   */
  rollback(request: RollbackRequest & InSnapshotter, call?: CallContext): Promise<void>;
}
