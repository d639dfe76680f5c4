/** Configuration: described once as data, resolved once at the edge, complete and frozen inside. */
export {
  type ClientDefaults,
  clientDefaults,
  defaultAddress,
  defaultConfigFile,
  defaultRoot,
  defaultState,
  type Environment,
  processEnvironment,
} from './environment.js';
export type { Setting } from './file.js';
export { renderMarkdown } from './render-markdown.js';
export { renderToml, type TomlStyle } from './render-toml.js';
export { type ConfigSources, defaultConfig, resolveConfig } from './resolve.js';
export type { Config } from './schema.js';
