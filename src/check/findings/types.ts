import type { FaultPoints } from '../../base/index.js';
import type { CheckLevel, DriverChecker } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { FindingKind, Remedy } from './kinds.js';

/** Something that is not as it must be. */
export interface Finding {
  readonly kind: FindingKind;
  readonly snapshotter: string;
  /** Given when it is about what a namespace knows. */
  readonly namespace?: string;
  /** The key or name of the snapshot: in the namespace when there is one, else in the snapshotter. */
  readonly key?: string;
  /** The name of the files. */
  readonly id?: string;
  readonly path?: string;
  /** What is wrong. */
  readonly message: string;
  /** What a repair does about it. */
  readonly remedy: Remedy;
}

/** How a step of a repair fares. */
export type ActionState = 'planned' | 'done' | 'skipped' | 'failed';

/** A step of a repair. */
export interface RepairAction {
  readonly remedy: Exclude<Remedy, 'none'>;
  readonly snapshotter: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly id?: string;
  /** What it does. */
  readonly message: string;
  readonly state: ActionState;
  /** Why it was skipped or failed. */
  readonly reason?: string;
}

/** What came of a check. */
export interface CheckSummary {
  /** How many findings there are: after a repair, how many are left. */
  readonly findings: number;
  /** How many snapshots were looked at. */
  readonly snapshots: number;
  /** In a deep check: how many layers were compared with a manifest. */
  readonly compared: number;
  /** In a deep check: how many layers were read that have no manifest. */
  readonly withoutManifest: number;
  /** How many steps of the repair were done. */
  readonly repaired: number;
  /** Snapshotters whose files cannot be looked into here; only their records were checked. */
  readonly unseen: readonly string[];
  /** In a deep check: snapshotters with layers whose content cannot be read here, and was not. */
  readonly unread: readonly string[];
}

/** What a check tells while it goes on; the summary is the last. */
export type CheckEvent =
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'action'; readonly action: RepairAction }
  /** After a repair: a finding that is still there. */
  | { readonly type: 'left'; readonly finding: Finding }
  | { readonly type: 'summary'; readonly summary: CheckSummary };

/** What to do about findings. */
export interface RepairRequest {
  /** Stop when it has been said what would be done. */
  readonly dryRun: boolean;
  /** A layer that is beyond repair may take with it the snapshots that stand on it. */
  readonly dropDescendants: boolean;
}

/** How to check. */
export interface CheckRequest {
  readonly level: CheckLevel;
  /** Absent: only look. */
  readonly repair?: RepairRequest;
}

/** The list in which the layers of a snapshotter describe themselves, and who writes it. */
export interface CheckedList {
  /** The directory that it lies in. */
  readonly root: string;
  /** Does work while nobody writes the list, when all that was to be written is in it as far as that was possible. */
  settled<T>(work: () => Promise<T>): Promise<T>;
  /** Writes all of it anew from the records, in one step. @throws the error of the system; it is as it was then. */
  rewrite(): Promise<void>;
}

/** A snapshotter whose records lie in the store. */
export interface CheckedSnapshotter {
  /** The name that its records have. */
  readonly name: string;
  /** Looks at its files; absent when they cannot be looked into. */
  readonly files: DriverChecker | undefined;
  /** The list of its layers; absent where none is kept. */
  readonly list?: CheckedList | undefined;
  /** Whether files with this name are being made or deleted right now, so that they need no record. */
  isBusy(id: string): boolean;
}

/** What is checked. */
export interface CheckSubject {
  readonly store: Store;
  readonly snapshotters: readonly CheckedSnapshotter[];
  /** Whether namespaces are kept here, so that every snapshot of a snapshotter belongs to one. */
  readonly namespaced: boolean;
  /** Whether the snapshotters are open, and may change while they are checked. */
  readonly live: boolean;
  /** Where a repair puts what it takes away, `<root>/lost+found`. On the file system of the snapshots. */
  lostAndFound(snapshotter: string): string;
  /** Told when a repair passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}
