import type { CallContext, Kind, Usage } from './types.js';

/** What can be wrong with the files of a snapshot, by the words that `strata check` uses. */
export type FileProblemKind =
  | 'missing-directory'
  | 'missing-files-directory'
  | 'missing-work-directory'
  | 'wrong-type'
  | 'wrong-mode'
  | 'wrong-owner'
  | 'usage-differs'
  | 'unreadable-file'
  | 'unreadable-manifest'
  | 'content-missing'
  | 'content-added'
  | 'content-differs';

/** Something about the files of a snapshot that is not as it must be. */
export interface FileProblem {
  readonly kind: FileProblemKind;
  readonly path: string;
  /** What is wrong, as a sentence without its end. */
  readonly message: string;
  /** Whether `mend` can put it right without guessing what was there. */
  readonly mendable: boolean;
}

/**
 * How closely to look: `quick`, whether the directories are there, some microseconds; `normal`, also modes, owners and
 * how much a layer takes; `deep`, also reads every file of a layer.
 */
export type CheckLevel = 'quick' | 'normal' | 'deep';

/** A snapshot whose files are looked at, as its record describes it. */
export interface CheckedFiles {
  readonly id: string;
  readonly kind: Kind;
  /** Of a committed one: what it took when it was committed. */
  readonly usage: Usage;
}

/** What came of a look. */
export interface FileReport {
  readonly problems: readonly FileProblem[];
  /** In a deep look at a layer: whether there was a manifest to compare it with. */
  readonly compared?: boolean;
}

/** Looks at the files of snapshots where they lie, with a driver open over them or without. */
export interface DriverChecker {
  /** The names of everything that lies in the place of snapshots. @throws NotFoundError when there is no such place. */
  ids(): AsyncIterable<string>;
  /** Where all that belongs to an id lies. */
  pathOf(id: string): string;
  /**
   * Looks at the files of a snapshot; leaves them as they are. What cannot be looked at is a problem and no error.
   * @throws CanceledError or DeadlineExceededError when the signal is aborted.
   */
  inspect(snapshot: CheckedFiles, level: CheckLevel, call: CallContext): Promise<FileReport>;
  /**
   * Puts right what `inspect` found and called mendable.
   * @returns false when there is nothing to put right any more.
   */
  mend(snapshot: CheckedFiles, problem: FileProblem): boolean;
}
