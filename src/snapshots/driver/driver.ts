/**
 * The Driver: what a back end must be able to do, and all that a new one has to implement.
 *
 * A driver knows files and ids. It never sees keys, names, namespaces or records: `LocalSnapshotter` keeps those, once
 * for all drivers. It is promised that an id is a decimal string that is never given out twice, that no two calls for
 * one id overlap except `usage` with others, and that parents are committed and outlive their children. It is asked for
 * methods that leave nothing behind when they reject, that stop soon after `call.signal` is aborted, and that keep the
 * event loop free: whatever walks a tree runs in a worker thread.
 */

import type { CallContext, Kind, Labels, Mount, Usage } from '../api/types.js';
import type { Limits } from '../limits/limits.js';
import type { DriverChecker } from './driver-checker.js';

/** A snapshot as a driver sees it. */
export interface DriverSnapshot {
  /** A decimal number, the name of its files on disk. */
  readonly id: string;
  readonly kind: Kind;
  /** The chain below it, nearest parent first, base layer last. */
  readonly parentIds: readonly string[];
  /** Those of its labels that containerd passes on to a back end: the ones below `containerd.io/snapshot/`, and few others. */
  readonly labels: Labels;
  /** Given to `create`, of limits that the driver has said it can keep: what an active snapshot may take. */
  readonly limits?: Limits;
}

/** Which limits a back end can keep here and now. */
export interface LimitSupport {
  readonly bytes: boolean;
  readonly inodes: boolean;
  /** Why not all, and what to do about it; goes to the end of an error's text. */
  readonly reason?: string;
}

/** Keeps what snapshots take within limits. */
export interface DriverLimiter {
  /** Asked before each limit is set; cheap. */
  support(): LimitSupport;
  /**
   * Sets the limits of an active snapshot that may be in use, in the place of those that it had; what is absent is not
   * limited. May lie below what is taken already: then nothing more can be written. Safe to repeat.
   * @throws NotFoundError when the files of the snapshot are gone.
   */
  set(snapshot: DriverSnapshot, limits: Limits, call: CallContext): Promise<void>;
}

/** What a back end can do; data, shown by `strata plugins` and read by the tests. */
export interface DriverCapabilities {
  /** In containerd's words and order, such as `remap-ids`, `only-remap-ids`, `rebase`. */
  readonly names: readonly string[];
  /**
   * Whether a layer holds only what differs from those below it. Where `rebase` is not among the names nevertheless, what a
   * layer deletes is lost when it is unpacked without its parent, as in a user namespace. Whether `rebase` is among the names
   * when absent.
   */
  readonly layersAreDifferences?: boolean;
}

/** See the head of this file. */
export interface Driver extends AsyncDisposable {
  readonly capabilities: DriverCapabilities;

  /** Absent where no limit can ever be kept. */
  readonly limiter?: DriverLimiter | undefined;

  /** The directory that holds its files; shown as the export `root`. */
  readonly root: string;

  /** Looks at the files of snapshots, for `strata check`; absent where only the records can be checked. */
  readonly checker?: DriverChecker | undefined;

  /**
   * Called once, before any other method, with every recorded snapshot: restores what a restart of the machine took away,
   * such as mounts. A snapshot for which that fails is left out, and its `mounts` says why.
   */
  restore?(recorded: Iterable<DriverSnapshot>): Promise<void>;

  /**
   * Makes the files of a new active snapshot or view over its parents.
   * @throws any class; what was made by then is deleted.
   */
  create(snapshot: DriverSnapshot, call: CallContext): Promise<void>;

  /**
   * Readies an active snapshot for its commit: synchronise, measure, convert. Nothing may be lost when the record is
   * then refused: the snapshot must still work as an active one.
   */
  seal(snapshot: DriverSnapshot, call: CallContext): Promise<Usage>;

  /**
   * Called in the background after commits were recorded: deletes what their active snapshots needed and the layers do
   * not. After a crash the next start calls it. Safe to repeat, also while they are discarded.
   */
  committed?(ids: readonly string[], call: CallContext): Promise<void>;

  /** How to mount a snapshot that is active or a view. Pure: no input or output. */
  mounts(snapshot: DriverSnapshot): readonly Mount[];

  /** What an active snapshot takes now. */
  usage(snapshot: DriverSnapshot, call: CallContext): Promise<Usage>;

  /** Deletes the files of these ids. Does nothing for ids that are gone already; safe to repeat after a crash. */
  discard(ids: readonly string[], call: CallContext): Promise<void>;

  /**
   * Creates again, empty, the missing directories of a recorded active snapshot or view, and deletes what an earlier process left
   * of a commit that is not recorded; touches nothing else. Left out by drivers whose `create` puts everything on disk. May
   * run while the snapshot is sealed.
   * @returns whether something was missing.
   * @throws any class when it cannot be made; DataLossError when files of a parent are gone as well.
   */
  recreate?(snapshot: DriverSnapshot, call: CallContext): Promise<boolean>;

  /** The names of everything in the snapshots directory: ids, and leftovers, which are discarded as well. */
  ids(): AsyncIterable<string>;

  /** Labels that are computed, not stored, and shown with a snapshot; undefined for none. */
  shownLabels?(snapshot: Pick<DriverSnapshot, 'id' | 'kind'>): Labels | undefined;

  /** Releases what the driver holds. */
  close(): Promise<void>;
}
