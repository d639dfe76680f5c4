/** Namespaces, and a check, over a snapshotter that a driver's test has opened itself. */
import path from 'node:path';
import { type CheckEvent, type CheckSubject, check } from '../../src/check/index.js';
import {
  type CallContext,
  type Driver,
  type LocalSnapshotter,
  NamespacedSnapshotter,
  noContext,
  SnapshotService,
  type Snapshotter,
} from '../../src/snapshots/index.js';
import type { Store } from '../../src/store/index.js';

export type { CheckEvent };

/** What is open. */
export interface OverDriver {
  readonly name: string;
  readonly store: Store;
  readonly driver: Driver;
  readonly snapshotter: LocalSnapshotter;
}

/** The same in namespaces, as a daemon has it; works in `default`. */
export function namespaced({ snapshotter }: Pick<OverDriver, 'snapshotter'>): Snapshotter {
  return new SnapshotService(new NamespacedSnapshotter(snapshotter), {
    complete: (call) => ({ namespace: 'default', ...call }),
  });
}

/** Looks deep at a snapshotter in namespaces. @param place Of what a repair would take away. */
export function checkDeep(
  { name, store, driver, snapshotter }: OverDriver,
  { directory }: { readonly directory: string },
  call: CallContext = noContext,
): AsyncIterable<CheckEvent> {
  const subject: CheckSubject = {
    store,
    live: true,
    snapshotters: [{ name, files: driver.checker, isBusy: (id: string) => snapshotter.isBusy(id) }],
    lostAndFound: () => path.join(directory, 'lost+found'),
  };
  return check(subject, { level: 'deep' }, call);
}
