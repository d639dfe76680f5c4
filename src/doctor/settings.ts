import { join } from 'node:path';
import { type ConfigSources, defaultConfig, resolveConfig } from '../daemon/index.js';
import { fromSystemError } from '../errors/index.js';
import type { SettingsFacts } from './facts.js';

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

function of({ root, grpc, snapshotter, proxy, plugins }: Awaited<ReturnType<typeof resolveConfig>>): SettingsFacts {
  const name = 'io.containerd.snapshotter.v1.erofs';
  const { rootPath, enableFsverity } = plugins[name];
  return {
    root,
    address: grpc.address,
    snapshotter,
    proxy: proxy.enabled,
    erofsRoot: rootPath || join(root, name),
    sealedLayers: enableFsverity === true,
  };
}
