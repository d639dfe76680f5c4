import type { CheckSubject } from '../../check/index.js';
import type { CollectionScheduler, LocalSnapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { lostAndFoundOf } from './places.js';

/** What of a running Strata is checked. */
export interface CheckedParts {
  readonly config: Pick<Config, 'root' | 'plugins'>;
  readonly store: Store;
  readonly snapshotters: ReadonlyMap<string, Pick<LocalSnapshotter, 'checker' | 'isBusy' | 'whyUndeleted'>>;
}

/** What of it is looked after. */
export interface LiveParts extends CheckedParts {
  readonly snapshotters: ReadonlyMap<
    string,
    Pick<LocalSnapshotter, 'checker' | 'isBusy' | 'whyUndeleted' | 'stat' | 'mounts'>
  >;
  /** Absent behind a containerd, which collects by itself. */
  readonly collections: CollectionScheduler | undefined;
  /** The snapshotter that `auto` stands for. */
  readonly defaultName: string;
  /** Of calls that name none; undefined where they have to. */
  readonly namespace: string | undefined;
}

/** What is checked of snapshotters that are open. */
export function liveSubject({ config, store, snapshotters }: CheckedParts): CheckSubject {
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
