export { pluginName } from './order.js';
export { hostPlatform } from './platform.js';
export {
  type AnyRegistration,
  definePlugin,
  type Platform,
  type PluginContext,
  type PluginMeta,
  type PluginReport,
  type PluginStatus,
  type PluginType,
  pluginType,
  type Registration,
  SkipPlugin,
} from './plugin.js';
export { type PluginSet, type StartOptions, startPlugins } from './start.js';
