import { type StrataError, throwIfAborted } from '../../errors/index.js';

/** What a snapshot is: being written (`active`), read-only and uncommitted (`view`), or a layer (`committed`). */
export type Kind = 'view' | 'active' | 'committed';

/** Labels by their keys. An empty value counts as absent and is never stored. */
export type Labels = ReadonlyMap<string, string>;

/** Labels as callers may give them: a map, or an object such as `{ team: 'a' }`. */
export type LabelValues = Labels | Readonly<Record<string, string>>;

/** No labels. */
export const noLabels: Labels = new Map();

/** What is known about a snapshot. */
export interface Info {
  /** The key of an active snapshot or a view, the name of a committed one. */
  readonly name: string;
  /** The name of the committed snapshot below it; empty for none. */
  readonly parent: string;
  readonly kind: Kind;
  /** When it was created; a commit sets it again. Local snapshotters and the client give a `PreciseDate`. */
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

/** No usage; also that of a view. */
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
  /** The namespace of the call. The metadata layer requires it. */
  readonly namespace?: string;
  /** The lease that keeps what the call creates. */
  readonly lease?: string;
  /** Aborting it stops the call's work; what was not recorded by then is undone. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Why the call was aborted; undefined when it was not. Some callers make the signal only when somebody asks for it, which
   * costs as much as a small call; to see whether a call is aborted, ask here first (`throwIfCallAborted`).
   */
  readonly abortReason?: () => StrataError | undefined;
}

/** What a call may leave out. */
export type CallDefaults = Pick<CallContext, 'namespace' | 'lease'>;

/** The same call with what it leaves out filled in. Does not ask for its signal. */
export function completedCall(call: CallContext, defaults: CallDefaults): CallContext {
  const { namespace = defaults.namespace, lease = defaults.lease } = call;
  return changedCall(call, { namespace, lease });
}

/** The same call in another namespace. Does not ask for its signal. */
export function withNamespace(call: CallContext, namespace: string): CallContext {
  return changedCall(call, { namespace, lease: call.lease });
}

function changedCall(
  call: CallContext,
  { namespace, lease }: { namespace: string | undefined; lease: string | undefined },
): CallContext {
  const { abortReason } = call;
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

/** A call without namespace, lease or signal. */
export const noContext: CallContext = Object.freeze({});
