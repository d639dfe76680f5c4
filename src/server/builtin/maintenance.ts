import { type CheckSubject, check } from '../../check/index.js';
import { definePlugin } from '../../plugins/index.js';
import { type GrpcService, maintenanceService } from '../../services/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { streamBackup } from '../backup/stream.js';
import { lostAndFoundOf } from '../check/lost-and-found.js';
import type { Config } from '../config/index.js';
import type { Face } from '../face.js';
import { pluginTypes } from '../plugin-types.js';

/** What the service gets. */
export interface MaintenanceGrpcConfig {
  readonly face: Face;
  readonly config: Config;
}

/** `strata.v1.Maintenance`. */
export const maintenanceGrpcPlugin = definePlugin<GrpcService, MaintenanceGrpcConfig>({
  type: pluginTypes.grpc,
  id: 'maintenance',
  requires: [pluginTypes.store, pluginTypes.snapshotter],
  init({ config: { face, config }, root, single, all }) {
    const subject = liveSubject({
      config,
      face,
      store: single(pluginTypes.store),
      snapshotters: all(pluginTypes.snapshotter),
    });
    const store = single(pluginTypes.store);
    return maintenanceService({
      check: (request, call) => check(subject, request, call),
      backup: (call) => streamBackup(store, root, call),
    });
  },
});

interface LiveParts {
  readonly config: Config;
  readonly face: Face;
  readonly store: Store;
  readonly snapshotters: ReadonlyMap<string, LocalSnapshotter>;
}

/** What is checked of snapshotters that are open. */
function liveSubject({ config, face, store, snapshotters }: LiveParts): CheckSubject {
  return {
    store,
    namespaced: face === 'namespaced',
    live: true,
    snapshotters: [...snapshotters].map(([name, snapshotter]) => ({
      name,
      files: snapshotter.checker,
      isBusy: (id) => snapshotter.isBusy(id),
    })),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}
