import { type CheckSubject, LayerListWriter } from '../../check/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import type { Face } from '../parts/face.js';
import { lostAndFoundOf } from './lost-and-found.js';

/** What of a running Strata is checked. */
export interface LiveParts {
  readonly config: Pick<Config, 'root' | 'plugins'>;
  readonly face: Face;
  readonly store: Store;
  readonly snapshotters: ReadonlyMap<string, LocalSnapshotter>;
}

/** What is checked of snapshotters that are open. */
export function liveSubject({ config, face, store, snapshotters }: LiveParts): CheckSubject {
  return {
    store,
    namespaced: face === 'namespaced',
    live: true,
    snapshotters: [...snapshotters].map(([name, snapshotter]) => ({
      name,
      files: snapshotter.checker,
      list: snapshotter.layers instanceof LayerListWriter ? snapshotter.layers : undefined,
      isBusy: (id) => snapshotter.isBusy(id),
    })),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}
