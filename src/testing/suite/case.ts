import type { CallContext, Mount, Snapshotter } from '../../snapshots/api/index.js';

/** Performs mounts at a new directory and gives its path; undone when it is disposed. */
export type MountForSuite = (mounts: readonly Mount[]) => Promise<{ readonly path: string } & AsyncDisposable>;

/** What a case gets. */
export interface CaseContext {
  readonly snapshotter: Snapshotter;
  readonly call: CallContext;
  /** Only for cases that ask for it. */
  readonly mount: MountForSuite;
}

/** One case: its name and its body are one value. */
export interface SuiteCase {
  readonly title: string;
  readonly needsMount?: boolean;
  readonly run: (context: CaseContext) => Promise<void>;
}
