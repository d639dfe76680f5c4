/**
 * The Snapshotter: layered root file systems by name.
 *
 * **Model.** A snapshot is a tree of files, based on a chain of parents. An *active* snapshot is being written and
 * is addressed by its *key*, which its creator chooses and owns. *Commit* turns it into a *committed* snapshot, which
 * has a *name*, never changes and can be the parent of others. A *view* shows a committed snapshot without letting
 * anybody write. Keys and names share one space. Nothing here mounts anything: a caller gets a list of mounts and
 * performs it where it wants the files.
 *
 * **Three journeys.**
 * - *Import a layer:* `prepare` a key over the layer below, mount, unpack the layer's archive, unmount, `commit` under
 *   the layer's chain id. When several importers race, one commit wins and the others get AlreadyExists, which is
 *   as good as success.
 * - *Run a container:* `prepare` the container's id over the top layer, mount, run, unmount, `remove`.
 * - *Look inside:* `view` a key over a layer, mount read-only, unmount, `remove`.
 *
 * **Promises.** Each call is atomic: when it rejects, nothing of it remains. When it resolves, its record is on disk.
 * Calls may run concurrently; none waits for another's file work. The interface is implemented by a back end
 * (`LocalSnapshotter`), by the metadata layer, by the internal service that publishes events, and by the gRPC client,
 * so that each can replace another (containerd: core/snapshots/snapshotter.go).
 *
 * **Every method** throws Canceled or DeadlineExceeded when the call's signal is aborted, Unavailable after `close`,
 * InvalidArgument for an argument of the wrong type, and, where there are namespaces, FailedPrecondition without one and
 * InvalidArgument with a malformed one.
 */
import type { CallContext, Info, LabelValues, Mount, Usage } from './types.js';

/** What `prepare` and `view` make. */
export interface CreateRequest {
  /** The key of the new snapshot; free text of 1 to 32,768 bytes. */
  readonly key: string;
  /** The name of the committed snapshot below it; empty or absent starts from nothing. */
  readonly parent?: string;
  /** Labels to store; those with an empty value are dropped. */
  readonly labels?: LabelValues;
}

/** What `commit` turns into what. */
export interface CommitRequest {
  /** The name of the committed snapshot to be. */
  readonly name: string;
  /** The key of the active snapshot, which ceases to be. */
  readonly key: string;
  /** Labels of the committed snapshot; those of the active one are not carried over. */
  readonly labels?: LabelValues;
  /** Puts a snapshot that was prepared without a parent onto this one (rebase); empty or absent leaves it. */
  readonly parent?: string;
}

/** Which labels `update` changes. */
export interface UpdateRequest {
  readonly name: string;
  /** The new values. */
  readonly labels: LabelValues;
  /**
   * `labels` replaces all labels; `labels.<key>` sets one, or deletes it when its value is empty or absent. No paths
   * at all means `labels`. The key is everything behind the first dot.
   */
  readonly fieldpaths?: readonly string[];
}

/** Which snapshots `walk` visits. */
export interface WalkRequest {
  /** Filters in containerd's filter language, joined by "or"; none visits everything. */
  readonly filters?: readonly string[];
}

/** See the head of this file. */
export interface Snapshotter extends AsyncDisposable {
  /**
   * Creates an active snapshot and returns how to mount it.
   * @throws AlreadyExistsError when the key is taken.
   * @throws NotFoundError when the parent does not exist.
   * @throws InvalidArgumentError when the parent is not committed, the key is empty or too long, or a label too large.
   */
  prepare(request: CreateRequest, call?: CallContext): Promise<readonly Mount[]>;

  /** Creates a view and returns how to mount it, read-only. Throws as `prepare`. */
  view(request: CreateRequest, call?: CallContext): Promise<readonly Mount[]>;

  /**
   * How to mount an active snapshot or a view; the same answer that its creation gave.
   * @throws NotFoundError when there is no such snapshot.
   * @throws FailedPreconditionError when it is committed.
   */
  mounts(key: string, call?: CallContext): Promise<readonly Mount[]>;

  /**
   * Turns an active snapshot into a committed one. The layer is measured before it is recorded, so the time grows with
   * the number of its files; no other call waits for that.
   * @throws NotFoundError when the key, or the parent of a rebase, does not exist.
   * @throws AlreadyExistsError when the name is taken.
   * @throws FailedPreconditionError when the key is not active, or the parent of a rebase is not committed;
   * for a rebase of a layer that cannot have kept its deletions: in a user namespace, or unpacked by containerd before 2.3.
   * @throws InvalidArgumentError when the name is empty or too long, or a label too large.
   * @throws NotImplementedError for a rebase where layers are whole copies, as those of native and btrfs.
   */
  commit(request: CommitRequest, call?: CallContext): Promise<void>;

  /**
   * Deletes a snapshot of any kind. The name is free at once; the files go before or soon after it resolves,
   * as the back end is configured.
   * @throws NotFoundError when there is no such snapshot.
   * @throws FailedPreconditionError when other snapshots are based on it, or an image is.
   */
  remove(key: string, call?: CallContext): Promise<void>;

  /** What is known about a snapshot. @throws NotFoundError when there is no such snapshot. */
  stat(key: string, call?: CallContext): Promise<Info>;

  /**
   * Changes labels and returns what is known afterwards.
   * @throws NotFoundError when there is no such snapshot.
   * @throws InvalidArgumentError for a field path that cannot be changed (then nothing is), or a label too large.
   */
  update(request: UpdateRequest, call?: CallContext): Promise<Info>;

  /**
   * What a snapshot itself takes. Stored for a committed one, zero for a view, measured for an active one: a walk of
   * its files, off the event loop.
   * @throws NotFoundError when there is no such snapshot.
   */
  usage(key: string, call?: CallContext): Promise<Usage>;

  /**
   * Visits snapshots in the byte order of their names, in pages, holding nothing open in between: a snapshot that comes
   * or goes meanwhile may or may not be seen, any other is seen once.
   * @throws InvalidArgumentError for a filter that cannot be parsed, before anything is visited.
   */
  walk(request?: WalkRequest, call?: CallContext): AsyncIterable<Info>;

  /**
   * Deletes files without a record, and waits until those of removed snapshots are gone. A daemon behind a containerd answers
   * at once, and does so in the background, unless it is configured otherwise (`proxy.cleanup_in_background`).
   */
  cleanup(call?: CallContext): Promise<void>;

  /** Refuses further calls, lets those under way finish, releases what it holds. Calling it again does nothing. */
  close(): Promise<void>;
}
