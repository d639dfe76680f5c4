import { definePlugin } from '../../plugins/index.js';
import type { GrpcService } from '../../rpc/engines/index.js';
import { maintenanceService } from '../../rpc/services/index.js';
import { openLiveMaintenance } from '../check/live-maintenance.js';
import type { Config } from '../config/index.js';
import type { StatWatch } from '../front/stat-watch.js';
import { pluginTypes } from './plugin-types.js';

/** What the service gets. */
export interface MaintenanceGrpcConfig {
  readonly config: Config;
  /** Shows what clients ask for. */
  readonly stats: StatWatch;
}

/** `strata.v1.Maintenance`. */
export const maintenanceGrpcPlugin = definePlugin<GrpcService, MaintenanceGrpcConfig>({
  type: pluginTypes.grpc,
  id: 'maintenance',
  requires: [pluginTypes.store, pluginTypes.snapshotter, pluginTypes.metadata, pluginTypes.default],
  async init({ config: { config, stats }, single, all }) {
    const store = single(pluginTypes.store);
    const collections = single(pluginTypes.metadata).own?.collections;
    const snapshotters = all(pluginTypes.snapshotter);
    const defaultName = single(pluginTypes.default).name;
    const parts = { config, store, collections, snapshotters, defaultName, namespace: undefined };
    const proxied = config.proxy.enabled ? { own: config.grpc.address, stats } : undefined;
    return maintenanceService(await openLiveMaintenance(parts, proxied));
  },
});
