import type { FaultPoints } from '../../base/index.js';
import type { CheckLevel, DriverChecker } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Front } from '../front/front.js';

/** A problem that a check has found. */
export interface CheckFinding {
  /**
   * What it is, such as `missing-directory`; docs/check.md lists the kinds. A daemon of a later version may know more.
   */
  readonly kind: string;
  /** Absent when it is about the store as a whole. */
  readonly snapshotter?: string;
  /** Absent for the snapshots of a containerd in front, which has namespaces of its own. */
  readonly namespace?: string;
  /** The key or name of the snapshot. */
  readonly key?: string;
  /** The name of the files. */
  readonly id?: string;
  readonly path?: string;
  /** What is wrong. */
  readonly message: string;
  /** What a repair does about it; `none` when nothing can be done without guessing. */
  readonly remedy: string;
}

/** A step of a repair. */
export interface CheckAction {
  readonly remedy: string;
  /** What it is about, as in a finding. */
  readonly snapshotter?: string;
  readonly namespace?: string;
  readonly key?: string;
  readonly id?: string;
  /** What it does. */
  readonly message: string;
  /** `planned`, and afterwards `done`, `skipped` or `failed`. */
  readonly state: string;
  /** Why it was skipped or failed. */
  readonly reason?: string;
  /**
   * Snapshots that a containerd in front has records of, and has to be told to remove, since the repair cannot: children first.
   * Absent where there are none.
   */
  readonly forget?: readonly ProxiedSnapshot[];
}

/** A snapshot as the clients of a containerd in front know it. */
export interface ProxiedSnapshot {
  readonly namespace: string;
  readonly key: string;
}

/** The result of a check. */
export interface CheckSummary {
  /** How many findings there are: after a repair, how many are left. */
  readonly findings: number;
  /** How many snapshots were looked at. */
  readonly snapshots: number;
  /** In a deep check: how many layers were compared with a file list. */
  readonly compared: number;
  /** In a deep check: how many layers were read that have no file list. */
  readonly withoutFileList: number;
  /** How many steps of the repair were done. */
  readonly repaired: number;
  /** Snapshotters whose files cannot be looked into; only their records were checked. */
  readonly unseen: readonly string[];
  /** In a deep check: snapshotters with layers whose content cannot be read, and was not. */
  readonly unread: readonly string[];
  /**
   * `compared` when the records of the containerd in front were compared with those here, or why they were not; absent where
   * there is none in front.
   */
  readonly containerd?: string;
}

/** What a check reports as it goes on; the summary is the last. */
export type CheckEvent =
  | { readonly type: 'finding'; readonly finding: CheckFinding }
  /** Something to know that is not wrong, and does not count. */
  | { readonly type: 'note'; readonly finding: CheckFinding }
  | { readonly type: 'action'; readonly action: CheckAction }
  /** After a repair: a finding that is still there. */
  | { readonly type: 'left'; readonly finding: CheckFinding }
  | { readonly type: 'summary'; readonly summary: CheckSummary };

/** What to do about findings. */
export interface RepairOptions {
  /** Stop when it has been said what would be done. Default false. */
  readonly dryRun?: boolean;
  /** A layer that is beyond repair may take with it the snapshots that are based on it. Default false. */
  readonly dropDescendants?: boolean;
  /** First delete what earlier repairs moved to lost+found, for good. Default false. */
  readonly emptyLostAndFound?: boolean;
}

/** How to check. */
export interface CheckOptions {
  /** How closely to look: records and directories; also modes, owners and sizes; also every file. Default `normal`. */
  readonly level?: CheckLevel;
  /** What to do about findings; absent only looks. */
  readonly repair?: RepairOptions;
  /**
   * The socket of the containerd in front whose records are compared with those here; only a daemon in proxy mode can.
   * Default: `/run/containerd/containerd.sock`, where that containerd has the daemon as a proxy snapshotter.
   */
  readonly containerd?: string;
}

/** A snapshotter whose files are looked at. */
export interface CheckedSnapshotter {
  /** The name that its records have. */
  readonly name: string;
  /** Looks at its files; absent when they cannot be looked into. */
  readonly files: DriverChecker | undefined;
  /** Whether files with this name are being made or deleted right now, so that they need no record. */
  isBusy(id: string): boolean;
  /** Why files with this name could not be deleted so far; undefined when nothing failed. Absent where nobody deletes any. */
  whyUndeleted?(id: string): string | undefined;
}

/** What is checked. */
export interface CheckSubject {
  readonly store: Store;
  /** Of any other that has records, only these are checked. */
  readonly snapshotters: readonly CheckedSnapshotter[];
  /** Whether the snapshotters are open, and may change while they are checked. */
  readonly live: boolean;
  /** Where a repair puts what it takes away, `<root>/lost+found`. On the file system of the snapshots. */
  lostAndFound(snapshotter: string): string;
  /** The containerd in front; absent when there is none, or it cannot be asked. */
  readonly front?: Front;
  /** Why it cannot be asked. */
  readonly frontProblem?: string;
  /** Told when a repair passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}
