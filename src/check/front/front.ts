import type { CallContext } from '../../snapshots/index.js';

/** A snapshot as a containerd in front asks for it. */
export interface FrontedSnapshot {
  /** The snapshotter here. */
  readonly snapshotter: string;
  /** `<namespace>/<number>/<key>`. */
  readonly key: string;
}

/** A record of a containerd in front. */
export interface FrontRecord extends FrontedSnapshot {
  /** Whether the snapshot was here when it was asked for. */
  readonly there: boolean;
}

/** A containerd in front, whose records are compared with those here. */
export interface Front {
  /**
   * Everything that it has a record of, in all its namespaces.
   * @throws UnavailableError when it cannot be reached; FailedPreconditionError when it asks another daemon than this one.
   */
  records(call: CallContext): Promise<readonly FrontRecord[]>;
  /** Whether it has a record of exactly this snapshot, and still has when what it was doing has ended. */
  claims(snapshot: FrontedSnapshot, call: CallContext): Promise<boolean>;
  /** Which of its containers use a snapshot, as of the last `records`. */
  usersOf(snapshot: Pick<FrontedSnapshot, 'key'>): readonly string[];
  /**
   * Deletes its record of a snapshot that is not here. @returns false when it has none, or the snapshot is here.
   * It may collect garbage to that end. @throws FailedPreconditionError when snapshots that are based on it are kept.
   */
  forget(snapshot: FrontedSnapshot, call: CallContext): Promise<boolean>;
}
