/** What a client knows of the daemon: where it listens, how durations are written, its version. Loads nothing else. */
export { type ClientDefaults, clientDefaults, type Environment, processEnvironment } from '../config/environment.js';
export { parseDuration } from '../config/value-types.js';
export { packageVersion } from '../lifecycle/version.js';
