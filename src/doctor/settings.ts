import { type Config, type ConfigSources, defaultConfig, resolveConfig, snapshotterRoot } from '../daemon/index.js';
import { fromSystemError } from '../errors/index.js';
import { type BackEndName, backEndNames, type SettingsFacts } from './facts.js';

/**
 * The settings of the configuration; when it cannot be used, the defaults and the reason.
 */
export async function settingsFacts(sources: ConfigSources): Promise<SettingsFacts> {
  try {
    return of(await resolveConfig(sources));
  } catch (error) {
    return { problem: fromSystemError(error).context, ...of(defaultConfig(sources.environment)) };
  }
}

function of(config: Config): SettingsFacts {
  const { root, grpc, snapshotter, proxy, plugins } = config;
  const roots = backEndNames.map((name) => [name, snapshotterRoot(config, name)] as const);
  return {
    root,
    address: grpc.address,
    snapshotter,
    proxy: proxy.enabled,
    backEndRoots: Object.fromEntries(roots) as Record<BackEndName, string>,
    sealedLayers: plugins['io.containerd.snapshotter.v1.erofs'].enableFsverity === true,
  };
}
