/** What a client knows of the daemon: where it listens, its version. Loads nothing else. */
export { type ClientDefaults, clientDefaults, type Environment, processEnvironment } from '../config/environment.js';
export { packageVersion } from '../lifecycle/version.js';
