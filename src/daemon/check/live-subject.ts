import type { CheckSubject } from '../../check/index.js';
import type { CollectionScheduler, LocalSnapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { lostAndFoundOf } from './places.js';

/** What of a running Strata is checked. */
export interface LiveParts {
  readonly config: Pick<Config, 'root' | 'plugins'>;
  readonly store: Store;
  /** Absent behind a containerd, which collects by itself. */
  readonly collections: CollectionScheduler | undefined;
  readonly snapshotters: ReadonlyMap<string, Pick<LocalSnapshotter, 'checker' | 'isBusy' | 'whyUndeleted'>>;
}

/** What is checked of snapshotters that are open. */
export function liveSubject({ config, store, snapshotters }: Omit<LiveParts, 'collections'>): CheckSubject {
  return {
    store,
    live: true,
    snapshotters: [...snapshotters].map(([name, snapshotter]) => ({
      name,
      files: snapshotter.checker,
      isBusy: (id) => snapshotter.isBusy(id),
      whyUndeleted: (id) => snapshotter.whyUndeleted(id),
    })),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}
