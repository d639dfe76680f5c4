import type { ReadTransaction, WriteTransaction } from '../../store/index.js';
import type { CallContext, Kind, Usage } from '../api/types.js';
import type { BareLayer } from './bare-layer.js';

/** What can be wrong with the files of a snapshot, by the words that `strata check` uses. */
export type FileProblemKind =
  | 'missing-directory'
  | 'missing-files-directory'
  | 'missing-work-directory'
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
  | 'duplicate-device'
  | 'leftover'
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
  /** Whether it can be put right without guessing what was there. */
  readonly mendable: boolean;
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
  /** Of a layer without content that need not be on disk: what to make it of. Its content is not looked at. */
  readonly bare?: BareLayer;
}

/** What came of a look. */
export interface FileReport {
  readonly problems: readonly FileProblem[];
  /** In a deep look at a layer: whether there was a manifest to compare it with. */
  readonly compared?: boolean;
  /** In a deep look at a layer: that what is in it cannot be read by this back end. */
  readonly unread?: boolean;
}

/** What is told of the files of a layer: plain JSON. */
export type FilesDescription = Readonly<Record<string, unknown>>;

/** What came of looking for files that were described. `gone`: there are none. */
export type FilesFound = { readonly state: 'there' | 'gone' } | { readonly state: 'wrong'; readonly message: string };

/**
 * Of a back end where the id of a snapshot alone does not lead to its files, since the store says which they are: what it
 * says goes into the list of layers, and is found there when the store is lost.
 */
export interface DescribedFiles {
  /** What the store says of the files of a layer; undefined when it says nothing, or that cannot be read. */
  describe(tx: ReadTransaction, id: string): FilesDescription | undefined;
  /** Two descriptions are of the same files when this is equal; undefined for what is no description. */
  identify(description: FilesDescription): string | undefined;
  /** Looks for files of which nothing is recorded, and whether they are what a layer had. Leaves them as they are. */
  find(layer: CheckedFiles, description: FilesDescription): Promise<FilesFound>;
  /** Records them as those of a layer. @returns why not, with nothing changed; undefined when that is done. */
  record(tx: WriteTransaction, id: string, description: FilesDescription): string | undefined;
  /** Sees to it that other files never come to fit a description, whether or not it is one of files that are there. */
  retire(tx: WriteTransaction, description: FilesDescription): void;
}

/** Looks at the files of snapshots where they lie, with a driver open over them or without. */
export interface DriverChecker {
  /** The names of everything that lies in the place of snapshots. @throws NotFoundError when there is no such place. */
  ids(): AsyncIterable<string>;
  /** Every place where something that belongs to a name can lie, the one to tell people of first. */
  pathsOf(name: string): readonly string[];
  /** Whether there is something of a name that has no path, such as a device; absent where everything has one. */
  holds?(name: string): boolean | Promise<boolean>;
  /** Present where the files of a layer have to be described to be found again. */
  readonly described?: DescribedFiles;
  /**
   * Looks at the files of a snapshot; leaves them as they are. What cannot be looked at is a problem and no error.
   * @throws CanceledError or DeadlineExceededError when the signal is aborted.
   */
  inspect(snapshot: CheckedFiles, level: CheckLevel, call: CallContext): Promise<FileReport>;
  /** Looks at what lies beside the snapshots and belongs to none of them; absent where there is nothing. */
  inspectPlace?(level: CheckLevel): Promise<readonly FileProblem[]>;
  /**
   * Puts right what `inspect` found and called mendable; nothing else of it runs between looking again and doing so.
   * @returns false when there is nothing to put right any more.
   */
  mend(snapshot: CheckedFiles, problem: FileProblem): boolean | Promise<boolean>;
  /** The same for what `inspectPlace` found. */
  mendPlace?(problem: FileProblem): boolean | Promise<boolean>;
  /** Ends what keeps the files of a name in use, such as mounts, before they are moved away. Safe to repeat. */
  letGo?(name: string): Promise<void>;
  /** Moves one of the paths of a name, where rename(2) alone does not do it. @throws a system error. */
  rename?(from: string, to: string): void;
  /**
   * Forgets a device, which stays where it is but is nobody's from then on.
   * @returns what somebody needs to find it; undefined when there is none.
   */
  forget?(name: string): Promise<object | undefined>;
}
