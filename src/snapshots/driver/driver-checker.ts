import type { CallContext, Kind, Usage } from '../api/types.js';

/** What can be wrong with the files of a snapshot, by the words that `strata check` uses. */
export type FileProblemKind =
  | 'missing-directory'
  | 'missing-files-directory'
  | 'missing-work-directory'
  | 'missing-empty-directory'
  | 'missing-image'
  | 'missing-device'
  | 'missing-mount'
  | 'stray-mount'
  | 'wrong-type'
  | 'wrong-mode'
  | 'wrong-owner'
  | 'wrong-origin'
  | 'writable-layer'
  | 'damaged-image'
  | 'damaged-scratch'
  | 'faulty-device'
  | 'inactive-device'
  | 'leftover'
  | 'usage-differs'
  | 'unreadable-file'
  | 'unreadable-file-list'
  | 'content-missing'
  | 'content-added'
  | 'content-differs';

/** A problem with the files of a snapshot. */
export interface FileProblem {
  readonly kind: FileProblemKind;
  readonly path: string;
  /** What is wrong, as a sentence without its full stop. */
  readonly message: string;
  /** Whether it can be put right without guessing what was there. */
  readonly repairable: boolean;
}

/**
 * How closely to look: `quick`, whether everything is there, some microseconds; `normal`, also modes, owners, whether
 * images are whole, and how much a layer takes; `deep`, also reads every file of a layer.
 */
export type CheckLevel = 'quick' | 'normal' | 'deep';

/** A snapshot whose files are looked at, as its record describes it. */
export interface CheckedFiles {
  readonly id: string;
  readonly kind: Kind;
  /** The chain below it, nearest parent first. */
  readonly parentIds: readonly string[];
  /** Of a committed one: what it took when it was committed. */
  readonly usage: Usage;
}

/** The result of an inspection. */
export interface FileReport {
  readonly problems: readonly FileProblem[];
  /** In a deep inspection of a layer: whether there was a file list to compare it with. */
  readonly compared?: boolean;
  /** In a deep inspection of a layer: whether this back end cannot read its content. */
  readonly unread?: boolean;
}

/** Looks at the files of snapshots where they lie, with a driver open over them or without. */
export interface DriverChecker {
  /** The names of everything that lies in the snapshots directory. @throws NotFoundError when there is none. */
  ids(): AsyncIterable<string>;
  /** All paths where something that belongs to a name can be, the one to show to people first. */
  pathsOf(name: string): readonly string[];
  /** Whether there is something of a name that has no path, such as a device; absent where everything has one. */
  holds?(name: string): boolean | Promise<boolean>;
  /**
   * Looks at the files of a snapshot and changes nothing. What cannot be read is a problem and no error.
   * @throws CanceledError or DeadlineExceededError when the signal is aborted.
   */
  inspect(snapshot: CheckedFiles, level: CheckLevel, call: CallContext): Promise<FileReport>;
  /** Looks at what lies beside the snapshots and belongs to none of them; absent where there is nothing. */
  inspectPlace?(level: CheckLevel): Promise<readonly FileProblem[]>;
  /**
   * Repairs what `inspect` called repairable, if it still is so; nothing runs between checking that and repairing.
   * @returns false when there is nothing to repair any more.
   */
  repair(snapshot: CheckedFiles, problem: FileProblem): boolean | Promise<boolean>;
  /** The same for what `inspectPlace` found. */
  repairPlace?(problem: FileProblem): boolean | Promise<boolean>;
  /** Ends what keeps the files of a name in use, such as mounts, before they are moved away. Safe to repeat. */
  letGo?(name: string): Promise<void>;
  /** Moves one of the paths of a name, where rename(2) alone does not do it. @throws a system error. */
  rename?(from: string, to: string): void;
  /**
   * Forgets a device: it stays in its pool, without a record.
   * @returns what somebody needs to find it; undefined when there is none.
   */
  forget?(name: string): Promise<object | undefined>;
}
