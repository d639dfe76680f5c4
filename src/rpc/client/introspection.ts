import { fromStatus, InternalError, type StrataError, UnknownError } from '../../errors/index.js';
import { noContext } from '../../snapshots/api/index.js';
import { wireHealth, wireIntrospection, wireMethod, wireVersion } from '../proto/index.js';
import type { Channel } from './channel.js';
import type { HealthStatus, PluginDescription, StrataClient } from './types.js';

const { IntrospectionDefinition: introspection } = wireIntrospection;
const pluginsMethod = wireMethod(introspection, introspection.methods.plugins);
const serverMethod = wireMethod(introspection, introspection.methods.server);
const pluginInfoMethod = wireMethod(introspection, introspection.methods.pluginInfo);
const versionMethod = wireMethod(wireVersion.VersionDefinition, wireVersion.VersionDefinition.methods.version);
const checkMethod = wireMethod(wireHealth.HealthDefinition, wireHealth.HealthDefinition.methods.check);

/** The introspection of the daemon behind a channel. */
export function clientIntrospection(
  channel: Channel,
): Pick<StrataClient, 'plugins' | 'pluginInfo' | 'server' | 'version' | 'health'> {
  return {
    plugins: async (filters = [], call = noContext) => {
      const { plugins } = await channel.unary(pluginsMethod, { filters: [...filters] }, call);
      return plugins.map(pluginFromWire);
    },
    pluginInfo: async ({ type, id }, call = noContext) => {
      const { plugin } = await channel.unary(pluginInfoMethod, { type, id, options: undefined }, call);
      if (plugin === undefined) throw new InternalError('the answer holds no plugin');
      return pluginFromWire(plugin);
    },
    server: async (call = noContext) => {
      const { uuid, pid, pidns } = await channel.unary(serverMethod, {}, call);
      return { uuid, pid, pidns };
    },
    version: (call = noContext) => channel.unary(versionMethod, {}, call),
    health: async (service = '', call = noContext) => {
      return healthFromWire((await channel.unary(checkMethod, { service }, call)).status);
    },
  };
}

function pluginFromWire(plugin: wireIntrospection.Plugin): PluginDescription {
  const { type, id, requires, exports, capabilities, initErr } = plugin;
  const platforms = plugin.platforms.map(({ os, architecture, variant }) => ({ os, architecture, variant }));
  const description = { type, id, requires, platforms, exports, capabilities };
  return initErr === undefined ? description : { ...description, initError: initError(initErr) };
}

function initError({ code, message }: { readonly code: number; readonly message: string }): StrataError {
  return code === 0 ? new UnknownError(message) : fromStatus({ code, message });
}

function healthFromWire(status: wireHealth.HealthCheckResponse_ServingStatus): HealthStatus {
  const { SERVING, NOT_SERVING } = wireHealth.HealthCheckResponse_ServingStatus;
  if (status === SERVING) return 'serving';
  return status === NOT_SERVING ? 'not-serving' : 'unknown';
}
