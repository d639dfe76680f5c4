/**
 * The contract that every Snapshotter keeps, as a suite for node's test runner: run it over a back end, the metadata
 * layer, or a client of a running daemon.
 *
 * @example
 * ```ts
 * testSnapshotter('overlayfs', { open: async (t) => ({ snapshotter: await openMine(t) }) });
 * ```
 */
import { describe, it, type TestContext } from 'node:test';
import type { CallContext, Snapshotter } from '../snapshots/api/index.js';
import type { MountForSuite, SuiteCase } from './suite/case.js';
import { committedCases } from './suite/committed.js';
import { creationCases } from './suite/creation.js';
import { fileCases } from './suite/files.js';
import { labelCases } from './suite/labels.js';
import { lifecycleCases } from './suite/lifecycle.js';
import { removalCases } from './suite/removal.js';
import { walkCases } from './suite/walk.js';

/** A snapshotter under test, empty at the start. */
export interface SuiteSubject {
  readonly snapshotter: Snapshotter;
  /** What goes with each call, such as a namespace. */
  readonly call?: CallContext;
}

/** How to run the suite over a snapshotter. */
export interface SuiteOptions {
  /** Opens a fresh one for each case; it must clean up by `t.after`, and leave closing the snapshotter to the suite. */
  readonly open: (t: TestContext) => Promise<SuiteSubject>;
  /**
   * Performs mounts at a new directory and gives its path; undone when the context is disposed. Without it the cases
   * that look at files are left out, which the run shows as skipped.
   */
  readonly mount?: MountForSuite;
  /** Why nothing of the contract can be tried here; false or absent when it can. */
  readonly skip?: string | false;
  /** Why there is no `mount`. */
  readonly noMountReason?: string;
}

const cases: readonly SuiteCase[] = [
  ...creationCases,
  ...committedCases,
  ...removalCases,
  ...labelCases,
  ...walkCases,
  ...fileCases,
  ...lifecycleCases,
];

/** Runs every case of the contract over a snapshotter. */
export function testSnapshotter(name: string, options: SuiteOptions): void {
  describe(`${name} keeps the snapshotter contract`, { skip: options.skip ?? false }, () => {
    for (const { title, needsMount = false, run } of cases) {
      const skip = needsMount && options.mount === undefined ? (options.noMountReason ?? 'cannot mount') : false;
      it(title, { skip }, async (t) => {
        const { snapshotter, call = {} } = await options.open(t);
        await using _closing = snapshotter;
        await run({ snapshotter, call, mount: options.mount ?? cannotMount });
      });
    }
  });
}

function cannotMount(): never {
  throw new Error('Cannot mount: the suite was given no mount function');
}
