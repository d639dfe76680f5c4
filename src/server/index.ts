/** The daemon: configuration, start-up, the socket, shutdown. Importing this loads the configuration and nothing else. */
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
  parseDuration,
  processEnvironment,
  renderMarkdown,
  renderToml,
  resolveConfig,
  type Setting,
  type TomlStyle,
} from './config/index.js';
export type { Daemon } from './daemon-types.js';
export { examine } from './doctor/examine.js';
export type { DaemonFacts, DaemonPlugin, Diagnosis, DoctorFacts } from './doctor/index.js';
export type { EmbeddedOptions, EmbeddedStrata } from './embedded.js';
export { backUpRoot, restoreRoot } from './open-backup.js';
export { checkRoot, rebuildRoot } from './open-check.js';
export { openStrata } from './open-strata.js';
export { type RunDaemonOptions, runDaemon } from './run-daemon.js';
export { packageVersion } from './version.js';
