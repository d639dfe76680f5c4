/** The daemon: configuration, start-up, the socket, shutdown. Importing this loads the configuration and nothing else. */

export { snapshotterRoot } from './check/places.js';
export { AUTO, chooseDefault, type DefaultChoice } from './config/default-choice.js';
export {
  type ClientDefaults,
  type Config,
  type ConfigSources,
  clientDefaults,
  defaultAddress,
  defaultConfig,
  defaultConfigFile,
  defaultRoot,
  defaultState,
  type Environment,
  processEnvironment,
  renderMarkdown,
  renderToml,
  resolveConfig,
  type Setting,
  type TomlStyle,
} from './config/index.js';
export type { Daemon } from './lifecycle/daemon-types.js';
export type { EmbeddedOptions, EmbeddedStrata } from './lifecycle/embedded.js';
export { backUpRoot, restoreRoot } from './lifecycle/open-backup.js';
export { checkRoot } from './lifecycle/open-check.js';
export { openStrata } from './lifecycle/open-strata.js';
export { type RunDaemonOptions, runDaemon } from './lifecycle/run-daemon.js';
export { packageVersion } from './lifecycle/version.js';
export type { DriverPlace, OpenDriver } from './parts/own-drivers.js';
export { pluginTypes } from './parts/plugin-types.js';
