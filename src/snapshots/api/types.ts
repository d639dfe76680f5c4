import { type StrataError, throwIfAborted } from '../../errors/index.js';

/** What a snapshot is: being written (`active`), read-only and uncommitted (`view`), or a layer (`committed`). */
export type Kind = 'view' | 'active' | 'committed';

/** Labels by their keys. An empty value counts as absent and is never stored. */
export type Labels = ReadonlyMap<string, string>;

/** No labels. */
export const noLabels: Labels = new Map();

/** What is known about a snapshot. */
export interface Info {
  /** The key of an active snapshot or a view, the name of a committed one. */
  readonly name: string;
  /** The name of the committed snapshot below it; empty for none. */
  readonly parent: string;
  readonly kind: Kind;
  /** When it was made; a commit makes it anew. Local snapshotters and the client give a `PreciseDate`. */
  readonly created: Date;
  /** When its labels were last changed. */
  readonly updated: Date;
  readonly labels: Labels;
}

/** What a snapshot itself takes on disk, without its parents. */
export interface Usage {
  /** Bytes, counted in allocated blocks. */
  readonly size: number;
  /** Files, directories and everything else that has an inode. */
  readonly inodes: number;
}

/** Takes nothing; also what is reported for a view. */
export const noUsage: Usage = Object.freeze({ size: 0, inodes: 0 });

/** One file system to mount, in the words of mount(8). */
export interface Mount {
  /** The file system type, such as `overlay` or `bind`. */
  readonly type: string;
  /** A device or a directory. */
  readonly source: string;
  /** A path below the directory that the caller mounts at; empty for that directory itself. */
  readonly target: string;
  readonly options: readonly string[];
}

/** What comes with a call, beside its arguments. Explicit, never ambient. */
export interface CallContext {
  /** The namespace that the call works in. Needed by the metadata layer, not looked at below it. */
  readonly namespace?: string;
  /** The lease that keeps what the call creates. */
  readonly lease?: string;
  /** Aborting it stops the call's work; what was not recorded by then is undone. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Why the call was aborted; undefined when it was not. For callers whose signal is only made when somebody asks for
   * it, which costs as much as a small call: whoever only looks, looks here first (`throwIfCallAborted`).
   */
  readonly abortReason?: () => StrataError | undefined;
}

/** What a call may leave to others to say. */
export type CallDefaults = Pick<CallContext, 'namespace' | 'lease'>;

/** The same call with what is missing of it filled in. Does not ask for its signal. */
export function completedCall(call: CallContext, defaults: CallDefaults): CallContext {
  const { namespace = defaults.namespace, lease = defaults.lease, abortReason } = call;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(lease === undefined ? {} : { lease }),
    ...(abortReason === undefined ? {} : { abortReason }),
    get signal() {
      return call.signal;
    },
  };
}

/** @throws CanceledError, DeadlineExceededError or the caller's own error when the call was aborted already. */
export function throwIfCallAborted(call: CallContext): void {
  if (call.abortReason === undefined) {
    throwIfAborted(call.signal);
    return;
  }
  const reason = call.abortReason();
  if (reason !== undefined) throw reason;
}

/** A call with nothing to say about itself. */
export const noContext: CallContext = Object.freeze({});
